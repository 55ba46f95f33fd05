#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_SITE_MEMBERSHIP_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_SITE_MEMBERSHIP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/sim/sim_world.h"
#include "services/membership/admission.h"
#include "services/membership/membership_runner.h"
#include "tests/simulation/sim_membership.h"
#include "tests/simulation/site_registries.h"

namespace understudy::simulation {

// The production runner and core of membership on a simulated node. Stations and the orchestrator
// talk to it as to a SimMembership.
class SimSiteMembership final : private membership::MembershipListener {
 public:
  // `vault` is the node of the vault beside it. `metrics` must outlive it.
  SimSiteMembership(SimWorld& world, SimNode& node, const std::string& vault,
                    const membership::MembershipMetrics& metrics);

  const membership::MembershipRunner& runner() const { return runner_; }

 private:
  // Numbered in the order in which they came: addresses must not order messages.
  using Streams = std::map<uint64_t, std::shared_ptr<SimStream>>;

  void OnEvent(uint64_t incarnation, const membership::Event& event) override;
  void OnSessionEnded(uint64_t session_id) override;
  void OnReignBegan() override {}
  void OnReignEnded() override;

  void AcceptSession(const std::shared_ptr<SimStream>& stream);
  void OnJoin(uint64_t number, const SimMembership::Join& join);
  void Welcome(uint64_t number, const std::string& station,
               const absl::StatusOr<membership::MembershipRunner::Grant>& grant);
  void OnReport(uint64_t number, const SimMembership::Report& report);
  void OnBeat(const std::string& station_id, SimMembership::Beat beat);
  void Watch(const std::shared_ptr<SimStream>& stream);

  SimWorld& world_;
  SimNode& node_;
  SiteStationRegistry registry_;
  membership::OpenAdmission admission_;
  membership::HeardTimes heard_;
  membership::SharedSessions sessions_;
  membership::MembershipRunner runner_;
  // Of stations; those that were welcomed with their session.
  Streams streams_;
  std::map<uint64_t, uint64_t> session_of_;
  Streams watchers_;
  uint64_t last_stream_ = 0;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_SITE_MEMBERSHIP_H_
