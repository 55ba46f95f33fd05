#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_STATION_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_STATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/capability/capability_set.h"
#include "common/control_nodes/control_node.h"
#include "common/control_nodes/root_seeker.h"
#include "common/sim/sim_world.h"
#include "services/failover_orchestrator/action.h"
#include "services/station_agent/duty_core.h"
#include "tests/simulation/sim_membership.h"

namespace understudy::simulation {

// A station as it was installed, and what its disk keeps beside the role.
struct StationSetup {
  std::string id;
  CapabilitySet capabilities;
  std::optional<failover_orchestrator::DutyDeclaration> duty;
  // Past one of its limits now.
  bool has_fault = false;
  std::map<std::string, station_agent::KeptDocument> kept;
};

// The agent's production core on a simulated node, with a model of its sessions, its lease and a
// native process that does what it is told. A crash takes agent and native process together.
class SimStation {
 public:
  // Who was assigned the duty under that number; empty when nobody was.
  using AssignedTo = std::function<std::string(const std::string& duty, uint64_t number)>;

  // `nodes` are the control nodes, each service named by its simulated node.
  SimStation(SimWorld& world, SimNode& node, StationSetup& setup, std::vector<ControlNode> nodes,
             AssignedTo assigned_to);

  const station_agent::DutyCore& core() const { return core_; }
  // What the native process runs, by the number of the assignment; nothing while it runs nothing,
  // or while the lease of a strict duty is over (it stops by itself at that moment).
  std::optional<failover_orchestrator::DutyOrder> Runs() const;
  // An order for an assignment that the vault never made; empty when there was none.
  const std::string& violation() const { return violation_; }
  void TellFault() { Report(); }

 private:
  void LoadRole();
  void Join();
  void OnSession(const SimMessage& message);
  void OnWelcome(const SimMembership::Welcome& welcome);
  void OnBeatAnswer(const SimMembership::Beat& beat);
  // Looks for the root after `pause`.
  void JoinAfter(absl::Duration pause);
  void LeaveSession();
  void BeatOn(uint64_t session_id);
  void Attend();
  void OnOrder(const SimMessage& message);
  void OnDutyOrder(const failover_orchestrator::DutyOrder& order, bool activate);
  void Report();
  void CheckLease();
  void Carry();
  void Do(const station_agent::duty_action::SaveRole& action);
  void Do(const station_agent::duty_action::Fetch& action);
  void Do(const station_agent::duty_action::Drop& action);
  void Do(const station_agent::duty_action::Restore& action);
  void Do(const station_agent::duty_action::GiveToNative& action);
  void Do(const station_agent::duty_action::StopNative& action);
  void Do(const station_agent::duty_action::TellRole& action);
  void Do(const station_agent::duty_action::AttachAgain& action);
  void Do(const station_agent::duty_action::ReplyStaged& action);
  void Do(const station_agent::duty_action::ReplyAccepted& action);
  void Do(const station_agent::duty_action::ReplyRunning& action);
  void Do(const station_agent::duty_action::ReplyRefused& action);
  void Do(const station_agent::duty_action::ReplyStoodDown& action);
  template <typename Reply>
  void SendReply(const char* kind, Reply reply);
  void NativeAnswers(station_agent::NativeState state);
  void After(absl::Duration delay, std::function<void()> task);

  SimWorld& world_;
  SimNode& node_;
  StationSetup& setup_;
  RootSeeker seeker_;
  const AssignedTo assigned_to_;
  station_agent::DutyCore core_;
  std::shared_ptr<SimStream> session_;
  std::shared_ptr<SimStream> orders_;
  uint64_t session_id_ = 0;
  uint64_t sequence_ = 0;
  // Grows with each wait for a join: only the latest joins.
  uint64_t join_ = 0;
  // The control node that welcomed, and the one whose orders are attended.
  ControlNode home_;
  std::string orders_node_;
  SteadyTime last_answered_;
  SteadyTime lease_until_;
  bool had_lease_ = false;
  bool lease_watched_ = false;
  SteadyTime timer_at_ = SteadyTime::Infinite();
  // What the native process was told last, and does.
  uint64_t native_order_ = 0;
  std::optional<failover_orchestrator::DutyOrder> native_runs_;
  std::string violation_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_STATION_H_
