#ifndef UNDERSTUDY_COMMON_RPC_SEND_QUEUE_H_
#define UNDERSTUDY_COMMON_RPC_SEND_QUEUE_H_

#include <cstddef>
#include <deque>
#include <utility>

namespace understudy::rpc {

// Messages on their way out of one stream: at most one is being written, at most `limit` wait.
// Not thread-safe; pure.
template <typename Message>
class SendQueue {
 public:
  explicit SendQueue(size_t limit) : limit_(limit) {}

  // False when the queue is full; the message is dropped.
  bool Push(Message message) {
    if (waiting() >= limit_) return false;
    messages_.push_back(std::move(message));
    return true;
  }

  // The message to write now, which stays valid until WriteDone; null when one is being written
  // already or none waits.
  const Message* StartWrite() {
    if (writing_ || messages_.empty()) return nullptr;
    writing_ = true;
    return &messages_.front();
  }
  void WriteDone() {
    messages_.pop_front();
    writing_ = false;
  }

  // Forgets what waits; what is being written stays.
  void DropWaiting() { messages_.erase(messages_.begin() + (writing_ ? 1 : 0), messages_.end()); }

  size_t waiting() const { return messages_.size() - (writing_ ? 1 : 0); }
  // Nothing waits, nothing is being written.
  bool idle() const { return messages_.empty(); }

 private:
  size_t limit_;
  // A deque keeps its other elements in place when one is added or removed at an end.
  std::deque<Message> messages_;
  bool writing_ = false;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_SEND_QUEUE_H_
