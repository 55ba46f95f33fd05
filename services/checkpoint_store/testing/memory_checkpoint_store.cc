#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

#include <utility>
#include <variant>
#include <vector>

#include "common/status/status.h"

namespace understudy::checkpoint_store {

absl::StatusOr<Counters> MemoryCheckpointStore::Load(const OnDevice& on_device) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [number, device] : devices_) on_device(device);
  return counters_;
}

absl::Status MemoryCheckpointStore::Commit(const CheckpointBatch& batch) {
  std::function<void()> hook;
  {
    absl::MutexLock lock(&mutex_);
    hook = on_commit_;
  }
  if (hook) hook();
  absl::MutexLock lock(&mutex_);
  UNDERSTUDY_RETURN_IF_ERROR(failure_);
  for (const Mutation& mutation : batch.mutations) {
    std::visit([this](const auto& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { Set(change); },
               mutation);
  }
  counters_ = batch.counters;
  return absl::OkStatus();
}

void MemoryCheckpointStore::Set(const WriteDevice& write) {
  devices_[write.device->number] = write.device;
}

void MemoryCheckpointStore::Set(const EraseDevice& erase) { devices_.erase(erase.number); }

void MemoryCheckpointStore::Set(const WriteContent& write) {
  content_[{write.device, write.slot}] = write.content;
}

void MemoryCheckpointStore::Set(const EraseContent& erase) {
  content_.erase({erase.device, erase.slot});
}

absl::StatusOr<std::string> MemoryCheckpointStore::ReadContent(DeviceNumber device,
                                                               ContentSlot slot) const {
  absl::MutexLock lock(&mutex_);
  ++read_count_;
  const auto entry = content_.find({device, slot});
  if (entry != content_.end()) return *entry->second;
  return MakeError(absl::StatusCode::kNotFound, "CONTENT_NOT_FOUND", "the content is not there");
}

absl::Status MemoryCheckpointStore::Recover() {
  absl::MutexLock lock(&mutex_);
  return failure_;
}

void MemoryCheckpointStore::SetFailure(absl::Status failure) {
  absl::MutexLock lock(&mutex_);
  failure_ = std::move(failure);
}

void MemoryCheckpointStore::OnCommit(std::function<void()> hook) {
  absl::MutexLock lock(&mutex_);
  on_commit_ = std::move(hook);
}

size_t MemoryCheckpointStore::read_count() const {
  absl::MutexLock lock(&mutex_);
  return read_count_;
}

size_t MemoryCheckpointStore::content_count() const {
  absl::MutexLock lock(&mutex_);
  return content_.size();
}

}  // namespace understudy::checkpoint_store
