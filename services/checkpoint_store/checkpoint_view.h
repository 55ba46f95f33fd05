#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_VIEW_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_VIEW_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/checkpoint_store/records.h"

namespace understudy::checkpoint_store {

// The point reads that the state machine decides by.
class CheckpointView {
 public:
  virtual ~CheckpointView() = default;

  // The device that has the identifier as current, next, or dead; null when it is free. Takes the
  // same time for both.
  virtual std::shared_ptr<const Device> FindByIdentifier(const Identifier& identifier) const = 0;
  // Whether the identifier may not be given to anyone. Says so of a free one, too, if its keyed
  // hash is that of a taken one.
  virtual bool IsTaken(const Identifier& identifier) const = 0;
  // Null when there is none, both.
  virtual std::shared_ptr<const Device> FindByNumber(DeviceNumber number) const = 0;
  virtual std::shared_ptr<const Device> FindById(std::string_view device_id) const = 0;
  virtual Counters ReadCounters() const = 0;
  // Devices, revoked ones included.
  virtual size_t device_count() const = 0;
  // Devices whose current identifier is shorter than 128 bits.
  virtual size_t short_identifiers() const = 0;

  // The content of a generation that is kept. NOT_FOUND when it is not there; else errors of the
  // disk (DISK_ERROR) or of what lies on it (DATA_LOSS CORRUPT_RECORD).
  virtual absl::StatusOr<std::string> ReadContent(DeviceNumber device, ContentSlot slot) const = 0;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_VIEW_H_
