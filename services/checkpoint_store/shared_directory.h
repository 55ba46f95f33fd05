#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_SHARED_DIRECTORY_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_SHARED_DIRECTORY_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/checkpoint_store/device_directory.h"

namespace understudy::checkpoint_store {

// The directory that many threads read and one writes. Thread-safe.
class SharedDirectory {
 public:
  explicit SharedDirectory(const HashKey& key)
      : key_(key), directory_(std::make_unique<DeviceDirectory>(key)) {}

  // Calls `read(const DeviceDirectory&)`; writers wait meanwhile, so not for long.
  template <typename Read>
  auto With(Read read) const {
    absl::ReaderMutexLock lock(&mutex_);
    return read(static_cast<const DeviceDirectory&>(*directory_));
  }
  void Apply(const CheckpointBatch& batch) {
    absl::MutexLock lock(&mutex_);
    directory_->Apply(batch);
  }
  void Replace(std::unique_ptr<DeviceDirectory> directory) {
    absl::MutexLock lock(&mutex_);
    directory_ = std::move(directory);
  }
  const HashKey& key() const { return key_; }

  // For the thread that writes: no lock is needed to read what nobody else changes.
  const DeviceDirectory& ForWriter() const ABSL_NO_THREAD_SAFETY_ANALYSIS { return *directory_; }

 private:
  const HashKey key_;
  mutable absl::Mutex mutex_;
  std::unique_ptr<DeviceDirectory> directory_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_SHARED_DIRECTORY_H_
