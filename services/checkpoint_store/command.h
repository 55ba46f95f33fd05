#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_COMMAND_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_COMMAND_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "services/checkpoint_store/records.h"

// What can be asked of the store's state. A command is checked for form before it is made
// (request_rules.h); whether it is accepted is decided by the state machine alone. The time in it
// is the proposer's.
namespace understudy::checkpoint_store {

// PUT: creates a device with its first checkpoint.
struct Enrol {
  Identifier identifier = {};
  // Empty: "device-<number>".
  std::string device_id = {};
  std::string content = {};
  // Of `content`.
  Sha256 sha256{};
  // Empty: the default.
  std::string content_type = {};
  std::string operator_name = {};
  absl::Time time = absl::UnixEpoch();
};

// GET: the latest checkpoint of a name, or a kept older one.
struct Fetch {
  Identifier identifier = {};
  Identifier claim = {};
  std::string name = {};
  // 0: the latest.
  GenerationNumber generation = 0;
  std::string source = {};
  absl::Time time = absl::UnixEpoch();
};

// POST: stores a checkpoint under a reserved identifier.
struct Store {
  Identifier identifier = {};
  Identifier claim = {};
  std::string name = {};
  // The checkpoint, or a delta.
  std::string content = {};
  // Of the whole checkpoint: of `content`, or of what the delta makes.
  Sha256 sha256{};
  std::string content_type = {};
  // Set: `content` is a delta against this generation.
  std::optional<GenerationNumber> base_generation = {};
  // Set: the device's latest generation must be this one.
  std::optional<GenerationNumber> expected_generation = {};
  BatteryReading battery = {};
  // Seconds; 0: not told.
  uint32_t next_wake = 0;
  std::string source = {};
  absl::Time time = absl::UnixEpoch();
};

struct Stage {
  std::string device_id = {};
  std::string name = {};
  std::string content = {};
  Sha256 sha256{};
  std::string content_type = {};
  std::optional<GenerationNumber> expected_generation = {};
  std::string operator_name = {};
  absl::Time time = absl::UnixEpoch();
};

struct Withdraw {
  std::string device_id = {};
  absl::Time time = absl::UnixEpoch();
};

struct Revoke {
  std::string device_id = {};
  // Forget the device, too.
  bool purge = false;
  absl::Time time = absl::UnixEpoch();
};

using Command = std::variant<Enrol, Fetch, Store, Stage, Withdraw, Revoke>;

// The answers to accepted commands.
struct EnrolOutcome {
  std::string device_id = {};
  GenerationNumber generation = 0;

  bool operator==(const EnrolOutcome&) const = default;
};

// What to hand out; the content lies under (device, info.slot).
struct FetchOutcome {
  DeviceNumber device = 0;
  Identifier next = {};
  Generation info = {};

  bool operator==(const FetchOutcome&) const = default;
};

struct StoreOutcome {
  GenerationNumber generation = 0;
  Identifier next = {};
  // The same content was there already.
  bool repeated = false;

  bool operator==(const StoreOutcome&) const = default;
};

using Outcome =
    std::variant<std::monostate, EnrolOutcome, FetchOutcome, StoreOutcome, StagedChange>;

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_COMMAND_H_
