#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_CONNECTION_LIMITS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_CONNECTION_LIMITS_H_

#include <cstddef>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace understudy::checkpoint_store {

// Counts open connections, in all and per source. Thread-safe.
class ConnectionLimits {
 public:
  ConnectionLimits(size_t max_total, size_t max_per_source)
      : max_total_(max_total), max_per_source_(max_per_source) {}

  // Whether one more may be open; then Leave is owed.
  bool Enter(const std::string& source) {
    absl::MutexLock lock(&mutex_);
    if (total_ >= max_total_) return false;
    size_t& of_source = sources_[source];
    if (of_source >= max_per_source_) return false;
    ++of_source;
    ++total_;
    return true;
  }
  void Leave(const std::string& source) {
    absl::MutexLock lock(&mutex_);
    --total_;
    const auto entry = sources_.find(source);
    if (--entry->second == 0) sources_.erase(entry);
  }
  size_t total() const {
    absl::MutexLock lock(&mutex_);
    return total_;
  }

 private:
  const size_t max_total_;
  const size_t max_per_source_;
  mutable absl::Mutex mutex_;
  size_t total_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, size_t> sources_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_CONNECTION_LIMITS_H_
