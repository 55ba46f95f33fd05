#ifndef UNDERSTUDY_COMMON_RPC_TESTING_INBOX_H_
#define UNDERSTUDY_COMMON_RPC_TESTING_INBOX_H_

#include <deque>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace understudy::rpc::testing {

// Where a test waits for what callbacks put in from other threads. Waits for as long as it takes:
// a test that never gets it ends by its own time limit.
template <typename Item>
class Inbox {
 public:
  void Put(Item item) {
    absl::MutexLock lock(&mutex_);
    items_.push_back(std::move(item));
  }
  Item Take() {
    absl::MutexLock lock(&mutex_, absl::Condition(this, &Inbox::HasOne));
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  size_t size() const {
    absl::MutexLock lock(&mutex_);
    return items_.size();
  }

 private:
  bool HasOne() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !items_.empty(); }

  mutable absl::Mutex mutex_;
  std::deque<Item> items_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::rpc::testing

#endif  // UNDERSTUDY_COMMON_RPC_TESTING_INBOX_H_
