#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_MEMBERSHIP_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_MEMBERSHIP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/sim/sim_world.h"
#include "services/failover_orchestrator/failover_core.h"

namespace understudy::simulation {

// The stations that membership recorded in the vault.
using StationRecords = std::map<std::string, failover_orchestrator::Member>;

inline constexpr absl::Duration kBeatInterval = absl::Milliseconds(100);
inline constexpr absl::Duration kSilence = absl::Milliseconds(300);
inline constexpr absl::Duration kLease = absl::Seconds(1);

// A model of membership: joins, beats with answers, verdicts on silence and on faults, reports, and
// a watch with a snapshot. After its restart it expects whom it knew, with a fresh deadline.
class SimMembership {
 public:
  // On a station's "session" stream.
  struct Join {
    failover_orchestrator::Member member;
  };
  struct Welcome {
    uint64_t session_id = 0;
    // Of the root that welcomes.
    uint64_t epoch = 1;
  };
  struct Report {
    failover_orchestrator::StationKind kind;
    std::string duty_id;
    bool has_faults = false;
  };
  // To the ports "beat" and "beat-answer".
  struct Beat {
    uint64_t session_id = 0;
    SteadyTime sent;
    uint64_t sequence = 0;
    // In an answer: join again.
    bool session_ended = false;
  };
  // On "watch".
  struct Snapshot {
    std::vector<failover_orchestrator::Member> members;
  };
  struct Changed {
    failover_orchestrator::ChangeReason reason;
    failover_orchestrator::Member member;
  };
  struct Suspected {
    std::string station_id;
    absl::Duration next_look;
  };

  SimMembership(SimWorld& world, SimNode& node, StationRecords& records);

 private:
  struct Tracked {
    failover_orchestrator::Member member;
    SteadyTime last_heard;
    absl::Duration patience;
    std::shared_ptr<SimStream> stream;
  };

  void AcceptSession(const std::shared_ptr<SimStream>& stream);
  void OnJoin(const std::shared_ptr<SimStream>& stream, const Join& join);
  void OnReport(const std::shared_ptr<SimStream>& stream, const Report& report);
  void OnBeat(const std::string& station_id, const Beat& beat);
  void Watch(const std::shared_ptr<SimStream>& stream);
  void Tick();
  void Fail(Tracked& tracked, failover_orchestrator::Verdict verdict, absl::Duration silent_for);
  void JudgeFaults(Tracked& tracked);
  void Emit(failover_orchestrator::ChangeReason reason, const Tracked& tracked);

  SimWorld& world_;
  SimNode& node_;
  StationRecords& records_;
  std::map<std::string, Tracked> members_;
  std::vector<std::shared_ptr<SimStream>> joining_;
  std::vector<std::shared_ptr<SimStream>> watchers_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_MEMBERSHIP_H_
