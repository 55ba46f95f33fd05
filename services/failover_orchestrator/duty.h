#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_DUTY_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_DUTY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/capability/capability_set.h"
#include "common/time/steady_time.h"

// The orchestrator's words in domain types. What each field means is said once, in
// protos/understudy/config_vault/v1/registry.proto and membership.proto.
namespace understudy::failover_orchestrator {

// Both clocks at one instant. Deadlines and stages use `steady`; `wall` is for people, and for
// stages that began before this process did.
struct Instant {
  SteadyTime steady;
  absl::Time wall;
};

enum class Fencing { kOverlap, kStrict };
enum class StationKind { kUnspecified, kDeployment, kBackup };
enum class MemberState { kUnspecified, kExpected, kAlive, kFailed, kLeft };
enum class Verdict { kUnspecified, kCrashed, kPartitioned, kSelfReported };

struct Evidence {
  uint32_t missed_beats = 0;
  absl::Duration silent_for;
  bool stream_open = false;
  // Numbers of type.v1.HealthFault, passed on as they came.
  std::vector<int> faults;
  std::string summary;
};

// A duty as a station's own configuration declares it.
struct DutyDeclaration {
  std::string id;
  CapabilitySet needs;
  Fencing fencing = Fencing::kOverlap;
};

// A station as membership sees it.
struct Member {
  std::string station_id;
  StationKind kind = StationKind::kUnspecified;
  MemberState state = MemberState::kUnspecified;
  CapabilitySet capabilities;
  std::optional<DutyDeclaration> declared_duty;
  // What the station itself says that it runs.
  std::string duty_id;
  uint64_t session_id = 0;
  Verdict verdict = Verdict::kUnspecified;
  Evidence evidence;
  std::optional<absl::Time> verdict_at;
  bool has_faults = false;
  absl::Duration lease;
};

struct Assignment {
  std::string duty_id;
  // Empty: nobody.
  std::string station_id;
  uint64_t number = 0;
  uint64_t epoch = 0;
  // False: claimed, not yet known to run.
  bool running = false;
  std::optional<absl::Time> changed_at;
};

struct Duty {
  std::string id;
  CapabilitySet needs;
  Fencing fencing = Fencing::kOverlap;
  std::string document;
  Assignment assignment;
};

// The latest revision of a duty's document; revision 0: there is none yet.
struct DocumentState {
  uint64_t revision = 0;
  std::string sha256;
  // "station/ID" when that station uploaded what it runs.
  std::string author{};
};

struct StageTimes {
  std::optional<absl::Duration> detect, decide, fence, claim, activate, running, recovery;
};

enum class FailoverState { kUnspecified, kWaiting, kClaimed, kDone, kCancelled };

// A failover as the vault keeps it and people see it.
struct FailoverRecord {
  std::string id;
  std::string duty_id;
  std::string from_station;
  std::string to_station;
  Verdict verdict = Verdict::kUnspecified;
  Evidence evidence;
  bool drill = false;
  bool leave = false;
  FailoverState state = FailoverState::kUnspecified;
  uint64_t assignment_number = 0;
  uint64_t document_revision = 0;
  std::string document_sha256;
  std::string running_sha256;
  StageTimes stages;
  std::vector<std::string> abandoned_stations;
  std::optional<absl::Time> verdict_at;
  std::optional<absl::Time> finished_at;
  std::string note;
};

// A duty at one revision of its document, under one assignment.
struct DutyOrder {
  std::string duty_id;
  uint64_t epoch = 0;
  uint64_t assignment_number = 0;
  std::string document;
  uint64_t document_revision = 0;
  std::string document_sha256;
  bool strict_fencing = false;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_DUTY_H_
