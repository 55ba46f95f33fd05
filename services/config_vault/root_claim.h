#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_CLAIM_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_CLAIM_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/time/steady_time.h"
#include "services/config_vault/control_peers.h"
#include "services/config_vault/reign.h"
#include "services/config_vault/role.h"
#include "services/config_vault/root_claim_action.h"
#include "services/config_vault/root_key.h"

namespace understudy::config_vault {

// One instant on both clocks: the steady one decides, the wall one is for people.
struct ClaimMoment {
  SteadyTime steady;
  absl::Time wall;
};

// Who is root of the site, as one control node sees it: when to claim the root's place, when to act
// as root, when to stop, when to hand over. Inputs come in, actions come out of TakeActions;
// nothing is sent or stored here, and time is told. Equal inputs give equal actions.
//
// Safety is not decided here: whoever the key `root` names is root, the key changes by
// compare-and-set alone, and every write is compared with it. What is decided here is who tries,
// and when. doc/root_and_sentinels.md has the states and the reasons.
//
// Not thread-safe: one executor owns it.
class RootClaimCore {
 public:
  enum class State {
    // Does not know yet who is root.
    kStarting,
    kSentinel,
    // Has asked for the place.
    kClaiming,
    // Has won it; its replica has not come so far yet.
    kCatchingUp,
    kRoot,
    // Owns the key, but no longer acts: it could not confirm that it still does.
    kResigned,
  };

  // `random` (for the jitter of retries) must outlive the core.
  RootClaimCore(const RootClaimPolicy& policy, ControlSelf self, Random& random);

  // --- Inputs.
  void Start(ClaimMoment now);
  // The admitted control nodes, this one among them, as of this revision of their document; 0 while
  // they are the configured ones.
  void OnNodes(const std::vector<ControlNode>& nodes, Revision revision, ClaimMoment now);
  // The replica has come to this claim, and holds all that was written before it.
  void OnRoot(const RootClaim& claim, ClaimMoment now);
  // A beat that was proven to come from this node, and is newer than all before it.
  void OnBeat(const std::string& from, const ControlBeat& beat, ClaimMoment now);
  // Whether membership and orchestrator beside this vault are there and well.
  void OnHousehold(bool whole, ClaimMoment now);
  void OnProgress(const ReplicaProgress& progress) { progress_ = progress; }
  // The answers to ClaimKey and ReadKey.
  void OnClaimAnswered(uint64_t attempt, const absl::StatusOr<RootKey::ClaimResult>& result,
                       ClaimMoment now);
  void OnReadAnswered(const absl::StatusOr<RootClaim>& claim, ClaimMoment now);
  // What the engine found out; see Reign::Listener.
  void OnDeposed(Epoch epoch, ClaimMoment now);
  void OnConfirmed(Epoch epoch, ClaimMoment now);
  // Wanted by an operator: to node `to`, or to the fittest when it is empty. Answered once by
  // AnswerHandOver with this `request`, which must not be 0. Errors:
  //   UNAVAILABLE         NOT_ROOT
  //   NOT_FOUND           NODE_NOT_FOUND
  //   FAILED_PRECONDITION NODE_NOT_READY: why is in the message
  //   ABORTED             HAND_OVER_UNDER_WAY
  void HandOver(uint64_t request, const std::string& to, ClaimMoment now);

  // --- Work. All beats that have arrived must have been told before.
  void Tick(ClaimMoment now);
  std::vector<ClaimAction> TakeActions();
  // When Tick must be called although nothing came in.
  SteadyTime NextDeadline() const { return next_tick_; }

  // --- Views.
  State state() const;
  // The newest claim that this node knows, also one that its replica has not come to.
  const RootClaim& known() const { return known_; }
  RoleState role() const;
  const ControlPeers& peers() const { return peers_; }
  bool admitted() const { return admitted_; }
  // Under which it may read, as root, without asking; nothing while it may not.
  const std::optional<RenewLease>& lease() const { return lease_; }
  // What this node tells the others now.
  ControlBeat beat(SteadyTime now) const;

 private:
  struct Attempt {
    uint64_t number = 0;
    Epoch expected = 0;
    // Of a hand-over: to whom, and who asked (0: the household rule).
    std::string hand_over_to = {};
    uint64_t request = 0;
  };

  bool IsOurs(const RootClaim& claim) const;
  void Learn(const RootClaim& claim, ClaimMoment now);
  void NoteChange(const RootClaim& claim, ClaimMoment now);
  void OnRumour(const std::string& from, const ControlBeat& beat, ClaimMoment now);
  void NoteFalseAlarm(ClaimMoment now);
  bool WantsRead() const;
  void NoteKeyRead(bool read, SteadyTime now);
  bool ReachesKey(SteadyTime now) const;
  absl::Duration Backoff();
  void BeginReign(ClaimMoment now);
  void EndReign(std::string_view why);
  void Publish();
  void ReadKeyNow(SteadyTime now);
  ControlBeat BeatToSend(SteadyTime now);
  void SendBeatsNow(SteadyTime now);
  void NoteStall(ClaimMoment now);
  // This node has heard nothing for so long, through no fault of others: all deadlines move.
  void Excuse(absl::Duration absence, SteadyTime now);

  // root_claim_silence.cc: the sentinel's side.
  void TickSentinel(ClaimMoment now);
  // When the root counts as silent, by what has been heard so far.
  SteadyTime SilentAt(SteadyTime now) const;
  SteadyTime RootSilentAt(const ControlPeer& root) const;
  // When a root that is heard, but says that it does not reach the key, counts as silent; never
  // while this node does not reach it either.
  SteadyTime RootCutOffAt(const ControlPeer& root) const;
  bool HearsOthers(SteadyTime now) const;
  // How long after the silence was noticed this node claims: the longer, the less fit it is.
  absl::Duration ClaimDelay(SteadyTime now) const;
  absl::Duration Damping(SteadyTime now) const;
  int Rank(SteadyTime now) const;
  void NoticeSilence(ClaimMoment now);
  void BreakSilence(ClaimMoment now);
  void Claim(ClaimMoment now);

  // root_claim_reign.cc: the root's side.
  void TickRoot(ClaimMoment now);
  bool HearsMajority(SteadyTime now) const;
  void Resign(ClaimMoment now);
  void MaybeHandOverHousehold(ClaimMoment now);
  absl::Status CheckSuccessor(const std::string& id, SteadyTime now) const;
  void SendHandOver(const std::string& to, uint64_t request, ClaimMoment now);
  void FinishHandOver(const Attempt& attempt, const absl::StatusOr<RootKey::ClaimResult>& result,
                      ClaimMoment now);

  // root_claim_lease.cc: what a sentinel promises the root, and what the root makes of it.
  absl::Duration HoldsStill() const;
  SteadyTime PromisedUntil() const;
  void NotePromise(const std::string& from, const ControlBeat& beat, ClaimMoment now);
  std::optional<SteadyTime> LeasedUntil(SteadyTime now) const;
  void RenewLeaseNow(SteadyTime now);

  void Say(Report::Level level, std::string text);

  const RootClaimPolicy policy_;
  const ControlSelf self_;
  Random& random_;
  ControlPeers peers_;
  ReplicaProgress progress_;
  Revision nodes_revision_ = 0;
  bool admitted_ = true;
  // While it is not.
  SteadyTime not_admitted_since_;
  bool whole_ = false;
  SteadyTime unwhole_since_;

  // The newest claim known from anywhere, when it became known, and whether that it exists or not
  // has been read at all.
  RootClaim known_;
  SteadyTime known_since_;
  bool key_read_ = false;
  // The newest claim that the replica has come to.
  Epoch applied_epoch_ = 0;
  // The newest epoch that anybody has told of.
  Epoch rumoured_epoch_ = 0;

  bool reigning_ = false;
  bool resigned_ = false;
  // This reign's hand-over was sent: it may be carried out at any time.
  bool handing_over_ = false;
  // What the reads were told last.
  std::optional<RenewLease> lease_;
  SteadyTime confirmed_at_;
  SteadyTime next_hand_over_;

  std::optional<SteadyTime> silence_noticed_;
  SteadyTime claim_at_ = SteadyTime::Infinite();
  uint32_t failed_claims_ = 0;
  std::optional<Attempt> attempt_;
  uint64_t last_attempt_ = 0;
  // What the latest claim expected whose fate is not known: it may be carried out at any time.
  std::optional<Epoch> doubtful_claim_;
  bool reading_ = false;
  SteadyTime next_read_;
  // When the key was read or compared last (nothing: it could not be), and since when it can be.
  std::optional<SteadyTime> key_seen_at_;
  SteadyTime key_well_since_;

  // Roots that were deposed although they lived: when, lately.
  std::deque<SteadyTime> false_alarms_;
  // The root before this one, while a beat of it would show a false alarm.
  std::optional<RootRecord> deposed_;

  SteadyTime started_at_;
  SteadyTime next_beat_;
  SteadyTime next_tick_;
  std::optional<SteadyTime> last_tick_;
  std::vector<ClaimAction> actions_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_CLAIM_H_
