#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_ROOT_CLAIM_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_ROOT_CLAIM_H_

#include <functional>
#include <vector>

#include "common/sim/sim_world.h"
#include "services/config_vault/control_links.h"
#include "services/config_vault/read_lease.h"
#include "services/config_vault/root_claim.h"

namespace understudy::simulation {

// The production root claim and its beats on a simulated node: brings the core time, beats and the
// key's answers, and does what it wants.
class SimRootClaim {
 public:
  // Of the admitted nodes, which are the same throughout.
  static constexpr config_vault::Revision kNodesRevision = 1;

  struct Outside {
    config_vault::RootKey& key;
    std::function<void(config_vault::Epoch epoch)> begin_reign;
    std::function<void()> end_reign;
    std::function<void(const config_vault::RoleState& role)> publish;
    std::function<config_vault::ReplicaProgress()> progress;
    // May be null.
    config_vault::ReadLease* lease = nullptr;
    config_vault::RootClaimPolicy policy = {};
  };

  // `nodes` are those admitted, this one among them; `beats` of each names the simulated node that
  // takes its beats. What `outside` refers to must outlive the claim.
  SimRootClaim(SimWorld& world, SimNode& node, const config_vault::ControlSelf& self,
               const std::vector<config_vault::ControlNode>& nodes, Outside outside);

  void Start(bool household_whole);
  // An input of the core, then what it wants done.
  void Take(const std::function<void(config_vault::RootClaimCore&, config_vault::ClaimMoment)>& in);
  const config_vault::RootClaimCore& core() const { return core_; }

 private:
  config_vault::ClaimMoment Now() const;
  void SetTimer();

  void Do(const config_vault::SendBeat& action);
  void Do(const config_vault::ClaimKey& action);
  void Do(const config_vault::ReadKey& action);
  void Do(const config_vault::StartReign& action) { outside_.begin_reign(action.epoch); }
  void Do(const config_vault::StopReign&) { outside_.end_reign(); }
  void Do(const config_vault::RenewLease& action);
  void Do(const config_vault::WithdrawLease&);
  void Do(const config_vault::PublishRole& action) { outside_.publish(action.state); }
  void Do(const config_vault::AnswerHandOver&) {}
  void Do(const config_vault::FalseAlarm&) {}
  void Do(const config_vault::Report& action);

  SimWorld& world_;
  SimNode& node_;
  const std::vector<config_vault::ControlNode> nodes_;
  const Outside outside_;
  config_vault::RootClaimCore core_;
  config_vault::ControlLinks links_;
  Executor::TimerId timer_ = 0;
  SteadyTime timer_at_ = SteadyTime::Infinite();
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_ROOT_CLAIM_H_
