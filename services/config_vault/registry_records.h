#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_RECORDS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_RECORDS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/config_vault/document.h"

// What the registry keeps, in the vault's own types. Fields mean what registry.proto says. Words of
// other services that the vault only keeps (verdicts, faults, station kinds) stay plain numbers.
namespace understudy::config_vault {

using Epoch = uint64_t;
using AssignmentNumber = uint64_t;
using Capabilities = std::map<std::string, uint32_t>;

enum class Fencing { kUnspecified = 0, kOverlap = 1, kStrict = 2 };
enum class AssignmentState { kUnspecified = 0, kClaimed = 1, kRunning = 2 };
enum class FailoverState {
  kUnspecified = 0,
  kWaiting = 1,
  kClaimed = 2,
  kDone = 3,
  kCancelled = 4
};

struct DutyDeclaration {
  std::string id = {};
  Capabilities needs = {};
  Fencing fencing = Fencing::kUnspecified;

  bool operator==(const DutyDeclaration&) const = default;
};

struct Station {
  std::string id = {};
  int32_t kind = 0;
  Capabilities capabilities = {};
  std::string agent_version = {};
  std::vector<std::string> addresses = {};
  std::optional<DutyDeclaration> declared_duty = {};
  std::optional<absl::Time> joined_at = {};
  bool has_left = false;

  bool operator==(const Station&) const = default;
};

// A station's record with the revision that wrote it.
struct StoredStation {
  Station station = {};
  Revision revision = 0;

  bool operator==(const StoredStation&) const = default;
};

struct Assignment {
  std::string duty_id = {};
  // Empty: nobody.
  std::string station_id = {};
  AssignmentNumber number = 0;
  Epoch epoch = 0;
  AssignmentState state = AssignmentState::kUnspecified;
  std::optional<absl::Time> changed_at = {};

  bool operator==(const Assignment&) const = default;
};

struct Duty {
  std::string id = {};
  Capabilities needs = {};
  Fencing fencing = Fencing::kUnspecified;
  std::string document = {};
  Assignment assignment = {};

  bool operator==(const Duty&) const = default;
};

struct Evidence {
  uint32_t missed_beats = 0;
  std::optional<absl::Duration> silent_for = {};
  bool stream_open = false;
  std::vector<int32_t> faults;
  std::string summary = {};

  bool operator==(const Evidence&) const = default;
};

struct StageTimes {
  std::optional<absl::Duration> detect = {};
  std::optional<absl::Duration> decide = {};
  std::optional<absl::Duration> fence = {};
  std::optional<absl::Duration> claim = {};
  std::optional<absl::Duration> activate = {};
  std::optional<absl::Duration> running = {};
  std::optional<absl::Duration> recovery = {};

  bool operator==(const StageTimes&) const = default;
};

struct Failover {
  std::string id = {};
  std::string duty_id = {};
  std::string from_station = {};
  std::string to_station = {};
  int32_t verdict = 0;
  std::optional<Evidence> evidence = {};
  bool drill = false;
  bool leave = false;
  FailoverState state = FailoverState::kUnspecified;
  AssignmentNumber assignment_number = 0;
  Revision document_revision = 0;
  std::string document_sha256;
  std::string running_sha256;
  std::optional<StageTimes> stages = {};
  std::vector<std::string> abandoned_stations = {};
  std::optional<absl::Time> verdict_at = {};
  std::optional<absl::Time> finished_at = {};
  std::string note = {};

  bool finished() const {
    return state == FailoverState::kDone || state == FailoverState::kCancelled;
  }

  bool operator==(const Failover&) const = default;
};

// A failover with its places in the two orders that the vault keeps.
struct StoredFailover {
  Failover failover = {};
  // The write that first recorded it: failovers are listed by it.
  Revision created = 0;
  // Its number among the finished ones, from 1; 0 while it is not finished.
  uint64_t finished_number = 0;

  bool operator==(const StoredFailover&) const = default;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_RECORDS_H_
