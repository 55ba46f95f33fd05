#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_MEMORY_CHECKPOINT_STORE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_MEMORY_CHECKPOINT_STORE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/checkpoint_store/checkpoint_store.h"

namespace understudy::checkpoint_store {

// A store in memory, for tests: quick, and it fails when told to. What is committed counts as
// synced. Thread-safe.
class MemoryCheckpointStore final : public CheckpointStore {
 public:
  absl::StatusOr<Counters> Load(const OnDevice& on_device) const override;
  absl::Status Commit(const CheckpointBatch& batch) override;
  absl::StatusOr<std::string> ReadContent(DeviceNumber device, ContentSlot slot) const override;
  absl::Status Recover() override;
  uint64_t DiskBytes() const override { return 0; }

  // Every write fails with `failure`, and Recover() too, until it is OK again.
  void SetFailure(absl::Status failure);
  // Called at the beginning of each Commit: a test may block it there.
  void OnCommit(std::function<void()> hook);
  // How many contents are stored.
  size_t content_count() const;
  // How often a content was asked for.
  size_t read_count() const;

 private:
  void Set(const WriteDevice& write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Set(const EraseDevice& erase) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Set(const WriteContent& write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Set(const EraseContent& erase) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  Counters counters_ ABSL_GUARDED_BY(mutex_);
  std::map<DeviceNumber, std::shared_ptr<const Device>> devices_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<DeviceNumber, ContentSlot>, std::shared_ptr<const std::string>> content_
      ABSL_GUARDED_BY(mutex_);
  mutable size_t read_count_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_commit_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_MEMORY_CHECKPOINT_STORE_H_
