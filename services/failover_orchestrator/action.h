#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_ACTION_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_ACTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "services/failover_orchestrator/duty.h"

// What the core wants done. Whoever does it hands the outcome back as an input of the core.
namespace understudy::failover_orchestrator {

// Writes to the vault. Each is answered by FailoverCore::OnWriteDone with its token.
struct CreateDuty {
  uint64_t token = 0;
  Duty duty;
  uint64_t epoch = 0;
};
struct ClaimDuty {
  uint64_t token = 0;
  Assignment assignment;
  FailoverRecord failover;
  uint64_t epoch = 0;
};
// Asks the vault what it would say to this claim; nobody waits for the answer.
struct RehearseClaim {
  Assignment assignment;
  FailoverRecord failover;
  uint64_t epoch = 0;
};
struct ConfirmDuty {
  uint64_t token = 0;
  std::string duty_id;
  uint64_t assignment_number = 0;
  std::optional<FailoverRecord> failover;
  uint64_t epoch = 0;
};
struct RecordFailover {
  uint64_t token = 0;
  FailoverRecord failover;
  uint64_t epoch = 0;
};

// Answered by FailoverCore::OnRegistryLoaded or OnRegistryLoadFailed.
struct LoadRegistry {};

// Orders to a station that is attached.
struct SendActivate {
  std::string station_id;
  DutyOrder order;
};
struct SendHold {
  std::string station_id;
  DutyOrder order;
};
struct SendStandDown {
  std::string station_id;
  std::string duty_id;
  uint64_t epoch = 0;
  uint64_t assignment_number = 0;
  std::string reason;
};
struct SendStage {
  std::string station_id;
  std::string duty_id;
  std::string document;
  uint64_t document_revision = 0;
  std::string document_sha256;
};
struct SendUnstage {
  std::string station_id;
  std::string duty_id;
};

// For those who watch, and for metrics.
struct FailoverChanged {
  FailoverRecord failover;
};
// An order to a station to run a changed document of its duty has ended.
struct DocumentUpdated {
  std::string station_id;
  std::string duty_id;
  uint64_t document_revision = 0;
  // False: it could not, or did not answer. It is ordered again later.
  bool done = false;
};
struct AnswerDrill {
  uint64_t drill = 0;
  absl::StatusOr<FailoverRecord> answer;
};
struct Report {
  enum class Level { kInfo, kWarning };
  Level level = Level::kInfo;
  std::string text;
};

using Action = std::variant<CreateDuty, ClaimDuty, RehearseClaim, ConfirmDuty, RecordFailover,
                            LoadRegistry, SendActivate, SendHold, SendStandDown, SendStage,
                            SendUnstage, FailoverChanged, DocumentUpdated, AnswerDrill, Report>;

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_ACTION_H_
