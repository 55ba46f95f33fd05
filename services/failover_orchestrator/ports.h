#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_PORTS_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_PORTS_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "services/failover_orchestrator/action.h"
#include "services/failover_orchestrator/duty.h"

// What the runner needs of the outside.
namespace understudy::failover_orchestrator {

// The vault's registry. Calls return at once; the answer may come on any thread, once, within the
// port's own deadline.
class RegistryPort {
 public:
  struct Contents {
    std::vector<Duty> duties;
    // Not done and not cancelled.
    std::vector<FailoverRecord> unfinished;
  };
  using OnAssignment = std::function<void(absl::StatusOr<Assignment>)>;
  using OnStatus = std::function<void(absl::Status)>;
  using OnContents = std::function<void(absl::StatusOr<Contents>)>;

  virtual ~RegistryPort() = default;
  virtual void Create(const CreateDuty& write, OnAssignment done) = 0;
  virtual void Claim(const ClaimDuty& write, OnAssignment done) = 0;
  // The answer is of no interest.
  virtual void Rehearse(const RehearseClaim& claim) = 0;
  virtual void Confirm(const ConfirmDuty& write, OnStatus done) = 0;
  virtual void Record(const RecordFailover& write, OnStatus done) = 0;
  virtual void Load(OnContents done) = 0;
};

// The stations' streams. Calls are made on the runner's executor. False when the station's stream
// is gone.
class StationPort {
 public:
  virtual ~StationPort() = default;
  virtual bool Send(const SendActivate& order) = 0;
  virtual bool Send(const SendHold& order) = 0;
  virtual bool Send(const SendStandDown& order) = 0;
  virtual bool Send(const SendStage& order) = 0;
  virtual bool Send(const SendUnstage& order) = 0;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_PORTS_H_
