#include "tests/simulation/store_disk.h"

#include "services/config_vault/etcd/snapshot.h"

namespace understudy::simulation {

namespace cv = config_vault;

namespace {

std::unique_ptr<cv::MemoryVaultStore> CopyOf(const cv::VaultStore& from) {
  auto copy = std::make_unique<cv::MemoryVaultStore>();
  const auto reader = from.Snapshot();
  const auto position = reader->ReadPosition();
  if (!position.ok() || !position->has_value()) return copy;
  cv::Counters counters;
  (void)cv::etcd::ReadSnapshot(*reader, {}, [&](const cv::VaultBatch& piece) {
    counters = piece.counters;
    return copy->Apply(piece, {.filling = true});
  });
  (void)copy->Apply({.counters = counters}, **position);
  return copy;
}

}  // namespace

StoreDisk::StoreDisk()
    : store_(std::make_unique<cv::MemoryVaultStore>()),
      synced_(std::make_unique<cv::MemoryVaultStore>()) {}

void StoreDisk::Apply(const cv::VaultBatch& batch, const cv::ReplicaPosition& position) {
  (void)store_->Apply(batch, position);
  unsynced_.emplace_back(batch, position);
}

void StoreDisk::Clear() {
  Sync();
  (void)store_->Clear();
  (void)synced_->Clear();
}

void StoreDisk::Sync() { Play(unsynced_.size()); }

void StoreDisk::Play(size_t writes) {
  for (; writes > 0; --writes) {
    (void)synced_->Apply(unsynced_.front().first, unsynced_.front().second);
    unsynced_.pop_front();
  }
}

void StoreDisk::Forget(Random& random) {
  if (unsynced_.empty()) return;
  Play(random.Below(unsynced_.size() + 1));
  unsynced_.clear();
  store_ = CopyOf(*synced_);
}

}  // namespace understudy::simulation
