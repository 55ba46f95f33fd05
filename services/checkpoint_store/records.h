#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_RECORDS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/document/sha256.h"
#include "services/checkpoint_store/identifier.h"

// What is known of devices. doc/protocol.md tells the words.
namespace understudy::checkpoint_store {

// Given at enrolment, never again to another device.
using DeviceNumber = uint64_t;
// Counts a device's stored checkpoints, 1 the operator's first one; 0 is none.
using GenerationNumber = uint64_t;
// Where a device's content lies; unique within the device.
using ContentSlot = uint64_t;

inline constexpr std::string_view kDefaultContentType = "application/octet-stream";

enum class Origin { kDevice, kOperator };

// One kept checkpoint, without its content.
struct Generation {
  GenerationNumber number = 0;
  std::string name = {};
  ContentSlot slot = 0;
  uint64_t size = 0;
  Sha256 sha256{};
  // Empty: kDefaultContentType.
  std::string content_type = {};
  Origin origin = Origin::kDevice;
  absl::Time stored_at = absl::UnixEpoch();

  bool operator==(const Generation&) const = default;
};

// A change that an operator staged: waits, then is taken by a GET, then confirmed by a POST.
struct StagedChange {
  std::string name = {};
  // 0 once it is taken.
  ContentSlot slot = 0;
  uint64_t size = 0;
  Sha256 sha256{};
  std::string content_type = {};
  std::string operator_name = {};
  absl::Time staged_at = absl::UnixEpoch();
  std::optional<absl::Time> taken_at = {};
  // Of the checkpoint that it became when it was taken.
  GenerationNumber generation = 0;
  std::optional<absl::Time> confirmed_at = {};

  bool is_waiting() const { return !taken_at.has_value(); }
  bool operator==(const StagedChange&) const = default;
};

// As the device read it; at least one of the two.
struct BatteryReading {
  // 0 to 100.
  std::optional<float> percent = {};
  std::optional<uint16_t> millivolts = {};

  bool empty() const { return !percent.has_value() && !millivolts.has_value(); }
  bool operator==(const BatteryReading&) const = default;
};

// All of a device but the content of its checkpoints.
struct Device {
  DeviceNumber number = 0;
  // The stable name for people.
  std::string id = {};

  // What GET takes, what POST takes, and those before, newest first.
  Identifier current = {};
  Identifier next = {};
  std::vector<Identifier> dead = {};
  // Empty until a GET or POST carried one.
  Identifier claim = {};

  // Of all names, oldest first; never empty unless the device is revoked.
  std::vector<Generation> kept = {};
  // The latest.
  GenerationNumber generation = 0;
  // The latest that was given out.
  ContentSlot slot = 0;

  std::string enrolled_by = {};
  absl::Time enrolled_at = absl::UnixEpoch();
  // The latest POST; 0 cycles: none yet.
  absl::Time last_cycle = absl::UnixEpoch();
  uint64_t cycles = 0;
  // Seconds that the device said it would sleep; 0: it did not say.
  uint32_t told_interval = 0;
  // Between POSTs, smoothed; zero: fewer than two were seen.
  absl::Duration learned_interval = absl::ZeroDuration();

  BatteryReading battery = {};
  absl::Time battery_at = absl::UnixEpoch();
  std::optional<StagedChange> staged = {};
  uint64_t suspicions = 0;
  bool revoked = false;

  bool operator==(const Device&) const = default;
};

// The latest generation of that name; null when there is none.
const Generation* LatestOf(const Device& device, std::string_view name);
// Null when it is not kept under that name.
const Generation* FindGeneration(const Device& device, std::string_view name,
                                 GenerationNumber number);

// Calls `visit(const Identifier&)` for its current one, the next, and the dead ones.
template <typename Visit>
void ForEachIdentifier(const Device& device, Visit visit) {
  visit(device.current);
  visit(device.next);
  for (const Identifier& dead : device.dead) visit(dead);
}
// ... for those that `device` has and `other` has not. How long it takes tells of the two: of
// identifiers that someone sent ask HasIdentifier.
template <typename Visit>
void ForEachIdentifierOnlyIn(const Device& device, const Device& other, Visit visit) {
  ForEachIdentifier(device, [&](const Identifier& identifier) {
    bool found = false;
    ForEachIdentifier(other, [&](const Identifier& one) {
      found = found || one.bytes() == identifier.bytes();
    });
    if (!found) visit(identifier);
  });
}
// Whether it is one of the device's. Compares with all of them in constant time, wherever the first
// equal one stands.
bool HasIdentifier(const Device& device, const Identifier& identifier);

// Numbers of the whole store.
struct Counters {
  // The latest device's.
  DeviceNumber device_number = 0;

  bool operator==(const Counters&) const = default;
};

// Something that happened, for watchers.
struct Event {
  // As in checkpoint_admin.proto.
  enum class Kind {
    kEnrolled,
    kCycle,
    kOverdue,
    kBack,
    kDeadPost,
    kDeadGet,
    kForeignClaim,
    kStaged,
    kStagedTaken,
    kStagedConfirmed,
    kWithdrawn,
    kRevoked,
    kSourceBlocked,
  };
  Kind kind = Kind::kCycle;
  std::string device_id = {};
  absl::Time time = absl::UnixEpoch();
  GenerationNumber generation = 0;
  // Address of who asked; empty for what time brought about.
  std::string source = {};
  // One line for people.
  std::string text = {};

  bool operator==(const Event&) const = default;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_RECORDS_H_
