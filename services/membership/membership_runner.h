#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_RUNNER_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_RUNNER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/executor/executor.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/membership/admission.h"
#include "services/membership/membership_core.h"
#include "services/membership/membership_metrics.h"
#include "services/membership/record_writer.h"
#include "services/membership/role_follower.h"
#include "services/membership/shared_sessions.h"
#include "services/membership/station_registry.h"

namespace understudy::membership {

// Who is told what happens. Called on the executor; must not block.
class MembershipListener {
 public:
  virtual ~MembershipListener() = default;
  virtual void OnEvent(uint64_t incarnation, const Event& event) = 0;
  // The session's stream, if there is one, must end.
  virtual void OnSessionEnded(uint64_t session_id) = 0;
  virtual void OnReignBegan() = 0;
  // All streams and watches must end: another control node decides now.
  virtual void OnReignEnded() = 0;
  // The vault has said that it is a sentinel: to do nothing is all that we should do.
  virtual void OnStandingBy() {}
};

// Drives the core: gives it time, the vault's answers and the stations' words, and acts on what it
// decides. There is a core only while we are root.
//
// Lives on `executor`: all calls and callbacks are made there.
class MembershipRunner {
 public:
  struct Parts {
    Executor& executor;
    const Clock& clock;
    Random& random;
    StationRegistry& registry;
    Admission& admission;
    SharedSessions& sessions;
    HeardTimes& heard;
    const MembershipMetrics& metrics;
    // Until when beats are in the heard times; see BeatReceiver::drained_until.
    std::function<SteadyTime()> observed;
    // Called with every tick, e.g. to publish totals.
    std::function<void(SteadyTime)> on_tick;
  };
  struct Grant {
    uint64_t session_id = 0;
    beat::SessionKey key;
    uint64_t epoch = 0;
  };
  using JoinDone = absl::AnyInvocable<void(absl::StatusOr<Grant>)>;

  // Parts and listener must outlive the runner.
  MembershipRunner(const DetectorPolicy& policy, const CoreLimits& limits, Parts parts,
                   MembershipListener& listener);

  // Follows the role and begins to tick.
  void Start();

  // As in membership.proto. `record.joined_at` is set here.
  void Join(StationRecord record, const std::string& credential, JoinDone done);
  absl::Status Leave(std::string_view station_id, uint64_t session_id, std::string_view reason);
  absl::Status OpenStream(std::string_view station_id, uint64_t session_id, std::string_view proof);
  void CloseStream(uint64_t session_id);
  absl::StatusOr<BeatResult> StreamBeat(uint64_t session_id, uint64_t sequence, uint16_t health);
  absl::Status Report(uint64_t session_id, StationReport report);
  void HealthChanged(const std::vector<Slot>& slots);

  // UNAVAILABLE VAULT_UNAVAILABLE before the vault has told its role, NOT_ROOT while it is not
  // root.
  absl::StatusOr<const MembershipCore*> core() const;
  // UNAVAILABLE NOT_ROOT with what is known of the root.
  absl::Status NotRoot() const;
  // Of this reign; never 0 while there is a core.
  uint64_t incarnation() const { return incarnation_; }
  uint64_t epoch() const { return epoch_; }
  Moment Now() const { return {.steady = clock().SteadyNow(), .wall = clock().WallNow()}; }

 private:
  const Clock& clock() const { return parts_.clock; }
  void BeginReign(uint64_t epoch, const std::vector<StationRecord>& records);
  void SetEpoch(uint64_t epoch);
  void EndReign();
  void FinishJoin(uint64_t incarnation, const StationRecord& record, const absl::Status& written,
                  JoinDone& done);
  absl::StatusOr<Grant> AdmitAndJoin(uint64_t incarnation, const StationRecord& record,
                                     const absl::Status& written);
  void ScheduleTick();
  void Tick();
  void NoteTick(const MembershipCore::TickResult& result);
  void LogStalls();
  // Acts on what the core decided.
  void Act();
  // Counts and logs.
  void Note(const std::vector<Event>& events);
  void Log(const Event& event) const;
  void PublishMembers();

  const DetectorPolicy policy_;
  const CoreLimits limits_;
  const Parts parts_;
  MembershipListener& listener_;
  const log::Logger log_{"membership"};
  RecordWriter writer_;
  RoleFollower role_;
  std::unique_ptr<MembershipCore> core_;
  bool reigned_ = false;
  bool storm_ = false;
  absl::Duration unlogged_stalls_;
  SteadyTime next_stall_log_;
  uint64_t incarnation_ = 0;
  uint64_t epoch_ = 0;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_RUNNER_H_
