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
  // Any thread. False after Close, all of whose effects are then seen.
  bool Push(InboxNode* node) {
    InboxNode* head = head_.load(std::memory_order_acquire);
    do {
      if (head == &closed_) return false;
      node->next = head;
    } while (!head_.compare_exchange_weak(head, node, std::memory_order_seq_cst,
                                          std::memory_order_acquire));
    return true;
  }

  bool empty() const {
    const InboxNode* head = head_.load(std::memory_order_seq_cst);
    return head == nullptr || head == &closed_;
  }

  // The reader's thread. Everything that is there, oldest first, linked by `next`.
  InboxNode* TakeAll() {
    if (empty()) return nullptr;
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

  // The reader's thread. False when something is there; otherwise nothing more will come.
  bool CloseIfEmpty() {
    InboxNode* expected = nullptr;
    return head_.compare_exchange_strong(expected, &closed_) || expected == &closed_;
  }

 private:
  std::atomic<InboxNode*> head_{nullptr};
  InboxNode closed_;  // stands at the head once nothing more is taken
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_INBOX_H_
