#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_CORE_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_CORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/random/random.h"
#include "services/failover_orchestrator/action.h"
#include "services/failover_orchestrator/active_failover.h"
#include "services/failover_orchestrator/duty.h"
#include "services/failover_orchestrator/spare_matcher.h"
#include "services/failover_orchestrator/staging_planner.h"
#include "services/failover_orchestrator/station_table.h"

namespace understudy::failover_orchestrator {

struct FailoverPolicy {
  absl::Duration accept_timeout = absl::Seconds(1);
  absl::Duration running_timeout = absl::Seconds(10);
  // After the start, how long to wait for known spares to attach before a duty is declared waiting.
  absl::Duration attach_grace = absl::Seconds(3);
  // Added to a silent station's lease under FENCING_STRICT.
  absl::Duration fence_margin = absl::Milliseconds(100);
  // For so long after a reign has begun the membership beside a former root may still answer beats,
  // and so renew leases: config-vault's resign_after.
  absl::Duration former_root_grace = absl::Seconds(1);
  // For stations whose lease membership does not tell.
  absl::Duration default_lease = absl::Seconds(2);
  // A spare that did not answer for a duty is tried again for it after this.
  absl::Duration abandoned_retry = absl::Seconds(30);
  // Of writes that the vault did not take.
  absl::Duration first_write_retry = absl::Milliseconds(50);
  absl::Duration last_write_retry = absl::Seconds(5);
  // Of a changed document that the running station could not take.
  absl::Duration first_update_retry = absl::Seconds(5);
  absl::Duration last_update_retry = absl::Minutes(5);
  // Suspected stations whose failover is rehearsed at once. No rehearsal begins so shortly before a
  // verdict is possible that it would be in the verdict's way.
  size_t max_rehearsals = 4;
  absl::Duration quiet_before_verdict = absl::Milliseconds(1);
  StagingPolicy staging;
};

enum class WriteCode {
  kOk,
  // The vault's state is not what the write assumed.
  kConflict,
  // Not answered, or not now: it may or may not have been done.
  kUnavailable,
  // It can never succeed.
  kRejected,
};

struct WriteResult {
  WriteCode code = WriteCode::kOk;
  std::string message;
  // The assignment as written, when the write made one.
  std::optional<Assignment> assignment;
};

// What membership said about a station's change; the rest is in the member itself.
enum class ChangeReason { kUnspecified, kJoined, kFailed, kLeft, kReported, kRecovered };

// Decides which spare takes over which duty, and follows it until it runs. Inputs come in, actions
// come out of Flush; nothing is sent or stored here, and time is told. Equal inputs give equal
// actions. Not thread-safe: one executor owns it. doc/decisions.md explains the rules.
class FailoverCore {
 public:
  // `random` (for the jitter of retries) must outlive the core.
  FailoverCore(FailoverPolicy policy, Random& random);

  // --- The vault.
  // The epoch that this site's root acts under; nothing while this vault is no root, or unknown.
  void OnRole(std::optional<uint64_t> epoch, Instant now);
  void OnRegistryLoaded(std::vector<Duty> duties, const std::vector<FailoverRecord>& unfinished,
                        Instant now);
  void OnRegistryLoadFailed(std::string_view why, Instant now);
  void OnWriteDone(uint64_t token, const WriteResult& result, Instant now);
  void OnDocument(const std::string& duty_id, DocumentState document, Instant now);
  // The first snapshot of the documents is complete.
  void OnDocumentsSynced(Instant now);

  // --- Membership.
  void OnMembershipSnapshot(std::vector<Member> members, Instant now);
  // What is known of the members is out of date: nothing is decided before the next snapshot.
  void OnMembershipLost(Instant now);
  void OnMemberChanged(ChangeReason reason, Member member, Instant now);
  // A verdict on the station may follow, `next_look` from now at the earliest. Said again with
  // every look until the verdict, or until the station is heard.
  void OnSuspected(const std::string& station_id, absl::Duration next_look, Instant now);

  // --- Stations.
  void OnAttached(const std::string& station_id, Greeting greeting, Instant now);
  void OnDetached(const std::string& station_id, Instant now);
  void OnStaged(const std::string& station_id, const std::string& duty_id, const StagedCopy& copy,
                std::string_view error, Instant now);
  void OnAccepted(const std::string& station_id, const std::string& duty_id, uint64_t number,
                  Instant now);
  void OnRunning(const std::string& station_id, const std::string& duty_id, uint64_t number,
                 uint64_t revision, const std::string& sha256, Instant now);
  void OnRefused(const std::string& station_id, const std::string& duty_id, uint64_t number,
                 std::string_view reason, std::string_view message, Instant now);
  void OnStoodDown(const std::string& station_id, const std::string& duty_id, uint64_t number,
                   Instant now);

  // --- People. Answered by AnswerDrill with this `drill`, which must not be 0.
  void OnDrill(uint64_t drill, const std::string& station_id, bool dry_run, Instant now);

  // --- Work.
  // Decides on all inputs so far, together.
  std::vector<Action> Flush(Instant now);
  // A slice of what is not urgent (staging); again while HasBackgroundWork().
  std::vector<Action> FlushBackground(Instant now);
  bool HasBackgroundWork() const { return Ready() && staging_.HasWork(); }
  // When Flush, and when FlushBackground, must be called although nothing came in.
  SteadyTime NextDeadline() const;
  SteadyTime NextBackgroundDeadline() const;

  // --- Views.
  bool Ready() const;
  std::optional<uint64_t> epoch() const { return epoch_; }
  const std::map<std::string, DutyState>& duties() const { return duties_; }
  const StationTable& stations() const { return stations_; }
  const StagingPlanner& staging() const { return staging_; }
  DocumentState DocumentOf(const std::string& duty_id) const;
  // The spares as the matcher sees them for these duties.
  std::vector<SpareOffer> Offers(const std::vector<DutyNeed>& needs) const;
  // What a person should know about why no spare takes the duty.
  std::string DescribeMissing(const DutyState& duty) const;
  size_t waiting_count() const;
  std::vector<FailoverRecord> UnfinishedFailovers() const;
  const FailoverPolicy& policy() const { return policy_; }

 private:
  struct Creation {
    std::string station_id;
    // As sent; the answer brings its assignment.
    Duty duty;
    uint64_t token = 0;
    SteadyTime retry_at;
    uint32_t failed_writes = 0;
    // Not tried again before the station joins again.
    bool refused = false;
  };

  // failover_core.cc
  void TouchStation(const std::string& station_id) { dirty_stations_.insert(station_id); }
  void TouchDuty(const std::string& duty_id) { dirty_duties_.insert(duty_id); }
  void TouchMember(const Member& member);
  DutyState* FindDuty(const std::string& duty_id);
  void Say(Report::Level level, std::string text);
  void Settle();

  // failover_core_registry.cc: what the vault knows.
  void RequestReload(Instant now);
  void AskForRegistry();
  void MergeDuty(Duty duty, const FailoverRecord* unfinished);
  bool IsNewerThanLoad(const DutyState& state) const;
  // Whether what the vault says is under way of the duty is what this core believes.
  bool KnowsFailover(const DutyState& state, const FailoverRecord* unfinished) const;
  void Adopt(DutyState& state, Duty duty, const FailoverRecord* unfinished);
  void ResumeFailover(DutyState& state, const FailoverRecord& record);
  void ForgetMissingDuties(const std::set<std::string>& present);
  void CreateDeclaredDuties();
  void SendCreate(const std::string& duty_id, Creation& creation);
  void OnCreateDone(const std::string& duty_id, const WriteResult& result);
  void RefreshStagingDuty(const DutyState& state);
  void SetAssignedStation(DutyState& state, const Assignment& assignment);
  void ReleaseDuty(DutyState& state);
  void ReleaseTarget(DutyState& state);
  uint64_t BeginWrite(DutyState& state, DutyState::Write write);
  void OnWriteFailed(DutyState& state, DutyState::Write write, const WriteResult& result);
  absl::Duration Backoff(uint32_t failed_writes);
  absl::Duration Backoff(uint32_t failures, absl::Duration first, absl::Duration last);
  bool MayWrite(const DutyState& state) const;

  // failover_core_planning.cc: who takes what.
  void StepDuty(DutyState& state);
  void MaybeBegin(DutyState& state);
  void Begin(DutyState& state, const Station* holder);
  void MatchDeciding();
  SteadyTime NextMatch() const;
  std::vector<DutyNeed> DecidingNeeds(bool also_while_writing);
  DutyNeed NeedOf(const DutyState& state) const;
  void EnterWaiting(DutyState& state);
  bool MaybeGiveBack(DutyState& state);
  bool CanHoldAgain(const DutyState& state, const Station& station) const;
  void SendClaim(DutyState& state, ActiveFailover::Claim claim, const std::string& station_id);
  void SendRecord(DutyState& state);
  void OnClaimed(DutyState& state, const Assignment& assignment);
  void OnWaitingRecorded(DutyState& state);
  void FinishGivenBack(DutyState& state);
  bool MaybeGiveWay(DutyState& state);
  void Abandon(DutyState& state, std::string_view why);

  // failover_core_rehearsal.cc: a verdict may be near.
  void StepRehearsals();
  // False when there is nothing to rehearse (any more).
  bool Rehearse(const std::string& station_id);
  RehearseClaim RehearsalOf(const DutyState& state, const std::string& spare,
                            const DocumentState& document) const;

  // failover_core_drill.cc: planned failovers.
  bool IsMovingFrom(const std::string& station_id) const;
  void AnswerNoBackup(DutyState& state, uint64_t drill);

  // failover_core_updates.cc: changed documents of duties that run.
  void StepUpdate(DutyState& state);
  void NoteUpload(const DutyState& state);
  bool NeedsUpdate(const DutyState& state) const;
  void SendUpdate(DutyState& state, const Station& holder);
  void TakeRunningUpdate(DutyState& state, uint64_t revision, const std::string& sha256);
  bool TakeRefusedUpdate(DutyState& state, const std::string& station_id, uint64_t number,
                         const std::string& why);
  void EndUpdate(DutyState& state, bool done);
  void FailUpdate(DutyState& state, std::string why);

  // failover_core_orders.cc: what stations are told, and their answers.
  void StepStation(const std::string& station_id);
  void Greet(const std::string& station_id, Station& station);
  bool MayHoldAgain(const DutyState& state, const std::string& station_id,
                    const Station& station) const;
  bool BeginRefused(DutyState& state, const std::string& station_id, uint64_t number,
                    std::string_view why);
  void StandDownMoved(const std::string& station_id, const Station& station);
  void SendStandDowns(const std::string& station_id, Station& station);
  bool StandsDownLater(const DutyState& state, const std::string& station_id) const;
  void RequireStandDown(const std::string& station_id, const DutyState& state);
  void StandDownFormerHolders(const DutyState& state);
  void StepClaimed(DutyState& state);
  bool FenceIsClear(DutyState& state, const std::string& except);
  bool HasStopped(const DutyState& state, const std::string& station_id, SteadyTime& until) const;
  void Activate(DutyState& state);
  DutyOrder OrderFor(const DutyState& state) const;
  ActiveFailover* FailoverTo(DutyState& state, const std::string& station_id, uint64_t number);
  ActiveFailover* RunningFailover(DutyState& state, const std::string& station_id, uint64_t number);
  void Complete(DutyState& state, const std::string& sha256);
  void SendConfirm(DutyState& state);
  void OnConfirmed(DutyState& state);

  const FailoverPolicy policy_;
  Random& random_;

  std::optional<uint64_t> epoch_;
  SteadyTime reign_began_;
  bool registry_loaded_ = false;
  bool loading_ = false;
  // Loads begun, and the epoch of the last one.
  uint64_t load_ = 0;
  uint64_t load_epoch_ = 0;
  bool reload_wanted_ = false;
  SteadyTime reload_at_;
  uint32_t failed_loads_ = 0;
  bool membership_known_ = false;
  bool documents_synced_ = false;
  // Set when all is known for the first time in a reign.
  std::optional<SteadyTime> grace_until_;

  std::map<std::string, DutyState> duties_;
  std::map<std::string, DocumentState> documents_;
  StationTable stations_;
  StagingPlanner staging_;
  // Declared by stations, not in the vault yet.
  std::map<std::string, Creation> creations_;

  // Whether it is worth looking for spares again, and when it will be.
  bool match_wanted_ = true;
  SteadyTime match_again_;

  // Suspected stations whose failover is rehearsed.
  struct Rehearsal {
    // When membership looks again.
    SteadyTime next_look;
    SteadyTime next;
  };
  std::map<std::string, Rehearsal> rehearsals_;

  // Duties that something is being done about.
  std::set<std::string> active_;
  std::set<std::string> dirty_duties_;
  std::set<std::string> dirty_stations_;
  // Writes on their way: the duty they are about.
  std::map<uint64_t, std::string> tokens_;
  uint64_t last_token_ = 0;

  // Of the input or Flush under way.
  Instant now_;
  std::vector<Action> actions_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_CORE_H_
