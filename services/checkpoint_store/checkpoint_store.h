#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_STORE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/checkpoint_store/checkpoint_batch.h"

namespace understudy::checkpoint_store {

// Where devices and content lie. It stores what it is told and decides nothing.
//
// ReadContent may be called from any thread at any time. The other calls are for one thread at a
// time. Errors:
//   UNAVAILABLE        DISK_ERROR: reading or writing failed
//   RESOURCE_EXHAUSTED DISK_FULL
//   DATA_LOSS          CORRUPT_RECORD: what was read is not what was written
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  // All devices, by number, and the counters: what a start needs.
  using OnDevice = std::function<void(std::shared_ptr<const Device>)>;
  virtual absl::StatusOr<Counters> Load(const OnDevice& on_device) const = 0;

  // Writes the whole batch or nothing. On OK it is on the disk, synced. On an error whether it is
  // on the disk is unknown until Load after Recover.
  virtual absl::Status Commit(const CheckpointBatch& batch) = 0;

  // NOT_FOUND when there is none.
  virtual absl::StatusOr<std::string> ReadContent(DeviceNumber device, ContentSlot slot) const = 0;

  // After a failed write: tries to write again. OK when the store is as good as new; then what it
  // holds must be loaded again.
  virtual absl::Status Recover() = 0;

  // What the store takes on the disk; 0 when it has none.
  virtual uint64_t DiskBytes() const = 0;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_STORE_H_
