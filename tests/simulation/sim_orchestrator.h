#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_ORCHESTRATOR_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_ORCHESTRATOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/sim/sim_world.h"
#include "services/failover_orchestrator/failover_runner.h"
#include "services/failover_orchestrator/ports.h"
#include "tests/simulation/sim_vault.h"

namespace understudy::simulation {

// With waits that suit a simulated site, where minutes are many events.
failover_orchestrator::FailoverPolicy ImpatientPolicy();

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

// The registry of a SimVault.
class SimRegistry final : public failover_orchestrator::RegistryPort {
 public:
  SimRegistry(SimWorld& world, SimNode& node) : vault_(world, node, "vault", kCallTimeout) {}

  void Create(const failover_orchestrator::CreateDuty& write, OnAssignment done) override;
  void Claim(const failover_orchestrator::ClaimDuty& write, OnAssignment done) override;
  // A question without consequences.
  void Rehearse(const failover_orchestrator::RehearseClaim&) override {}
  void Confirm(const failover_orchestrator::ConfirmDuty& write, OnStatus done) override;
  void Record(const failover_orchestrator::RecordFailover& write, OnStatus done) override;
  void Load(OnContents done) override;

 private:
  static constexpr absl::Duration kCallTimeout = absl::Seconds(1);

  template <typename Result>
  void Call(std::function<Result(SimVault&)> call, std::function<void(Result)> done);

  SimCaller<SimVault> vault_;
};

// The production runner and core on a simulated node.
class SimOrchestrator final : public failover_orchestrator::StationPort {
 public:
  // The nodes of the services beside it.
  struct Siblings {
    std::string vault = "vault";
    std::string membership = "membership";
  };

  SimOrchestrator(SimWorld& world, SimNode& node, failover_orchestrator::FailoverMetrics& metrics,
                  const failover_orchestrator::FailoverPolicy& policy, Siblings siblings,
                  std::unique_ptr<failover_orchestrator::RegistryPort> registry);

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
  void OnRole(const SimVault::Role& role);
  void WatchMembership();
  void OnMembership(const SimMessage& message);
  void AcceptStation(const std::shared_ptr<SimStream>& stream);
  void OnReply(const std::shared_ptr<SimStream>& stream, const SimMessage& message);
  void After(absl::Duration delay, std::function<void()> task);

  SimWorld& world_;
  SimNode& node_;
  const Siblings siblings_;
  const std::unique_ptr<failover_orchestrator::RegistryPort> registry_;
  failover_orchestrator::FailoverRunner runner_;
  std::shared_ptr<SimStream> vault_;
  std::shared_ptr<SimStream> membership_;
  uint64_t newest_epoch_ = 0;
  bool members_forgotten_ = false;
  // The root, while this node is a sentinel.
  std::optional<RootRedirect> root_;
  // Of stations that said hello.
  std::map<std::string, std::shared_ptr<SimStream>> stations_;
  std::map<SimStream*, std::shared_ptr<SimStream>> greeted_not_yet_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_ORCHESTRATOR_H_
