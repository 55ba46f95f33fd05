#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_ORCHESTRATOR_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_ORCHESTRATOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/sim/sim_world.h"
#include "services/failover_orchestrator/failover_runner.h"
#include "services/failover_orchestrator/ports.h"
#include "tests/simulation/sim_vault.h"

namespace understudy::simulation {

// What travels on a station's "orders" stream, beside the orders' own action types.
struct HelloReply {
  std::string station_id;
  failover_orchestrator::Greeting greeting;
};
struct StagedReply {
  std::string duty_id;
  failover_orchestrator::StagedCopy copy;
};
struct AcceptedReply {
  std::string duty_id;
  uint64_t number = 0;
};
struct RunningReply {
  std::string duty_id;
  uint64_t number = 0;
  uint64_t revision = 0;
  std::string sha256;
};
struct RefusedReply {
  std::string duty_id;
  uint64_t number = 0;
  std::string reason;
};
struct StoodDownReply {
  std::string duty_id;
  uint64_t number = 0;
};

// The registry over a "calls" stream: a call whose answer does not come within its time, or before
// the stream closes, has failed, and may have been done.
class SimRegistry final : public failover_orchestrator::RegistryPort {
 public:
  SimRegistry(SimWorld& world, SimNode& node) : world_(world), node_(node) {}

  void Create(const failover_orchestrator::CreateDuty& write, OnAssignment done) override;
  void Claim(const failover_orchestrator::ClaimDuty& write, OnAssignment done) override;
  // A question without consequences.
  void Rehearse(const failover_orchestrator::RehearseClaim&) override {}
  void Confirm(const failover_orchestrator::ConfirmDuty& write, OnStatus done) override;
  void Record(const failover_orchestrator::RecordFailover& write, OnStatus done) override;
  void Load(OnContents done) override;

 private:
  using OnAnswer = std::function<void(const std::any* result)>;

  template <typename Result>
  void Call(std::function<Result(SimVault&)> call, std::function<void(Result)> done);
  void Send(std::function<std::any(SimVault&)> call, OnAnswer on_answer);
  void Settle(uint64_t id, const std::any* result);

  SimWorld& world_;
  SimNode& node_;
  std::shared_ptr<SimStream> stream_;
  std::map<uint64_t, OnAnswer> waiting_;
  uint64_t last_id_ = 0;
};

// The production runner and core on a simulated node.
class SimOrchestrator final : public failover_orchestrator::StationPort {
 public:
  SimOrchestrator(SimWorld& world, SimNode& node, failover_orchestrator::FailoverMetrics& metrics,
                  const failover_orchestrator::FailoverPolicy& policy);

  bool Send(const failover_orchestrator::SendActivate& order) override;
  bool Send(const failover_orchestrator::SendHold& order) override;
  bool Send(const failover_orchestrator::SendStandDown& order) override;
  bool Send(const failover_orchestrator::SendStage& order) override;
  bool Send(const failover_orchestrator::SendUnstage& order) override;

  failover_orchestrator::FailoverRunner& runner() { return runner_; }

 private:
  template <typename Order>
  bool SendTo(const std::string& kind, const Order& order);
  void WatchVault();
  void OnVault(const SimMessage& message);
  void WatchMembership();
  void OnMembership(const SimMessage& message);
  void AcceptStation(const std::shared_ptr<SimStream>& stream);
  void OnReply(const std::shared_ptr<SimStream>& stream, const SimMessage& message);
  void After(absl::Duration delay, std::function<void()> task);

  SimWorld& world_;
  SimNode& node_;
  SimRegistry registry_;
  failover_orchestrator::FailoverRunner runner_;
  std::shared_ptr<SimStream> vault_;
  std::shared_ptr<SimStream> membership_;
  // Of stations that said hello.
  std::map<std::string, std::shared_ptr<SimStream>> stations_;
  std::map<SimStream*, std::shared_ptr<SimStream>> greeted_not_yet_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_ORCHESTRATOR_H_
