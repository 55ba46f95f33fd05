#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_INBOX_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_INBOX_H_

#include <atomic>

namespace understudy::station_agent::runtime {

class Manager;

// Work from another thread. Whoever pushes it keeps it alive until `run` is called.
struct InboxNode {
  InboxNode* next = nullptr;
  void (*run)(InboxNode* node, Manager& manager) = nullptr;
};

// A lock-free queue with many writers and one reader, in order of arrival.
class Inbox {
 public:
  // Any thread.
  void Push(InboxNode* node) {
    InboxNode* head = head_.load(std::memory_order_relaxed);
    do {
      node->next = head;
    } while (!head_.compare_exchange_weak(head, node, std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
  }

  bool empty() const { return head_.load(std::memory_order_seq_cst) == nullptr; }

  // The reader's thread. Everything that is there, oldest first, linked by `next`.
  InboxNode* TakeAll() {
    if (head_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    InboxNode* newest = head_.exchange(nullptr, std::memory_order_acquire);
    InboxNode* oldest = nullptr;
    while (newest != nullptr) {
      InboxNode* next = newest->next;
      newest->next = oldest;
      oldest = newest;
      newest = next;
    }
    return oldest;
  }

 private:
  std::atomic<InboxNode*> head_{nullptr};
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_INBOX_H_
