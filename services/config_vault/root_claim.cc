#include "services/config_vault/root_claim.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

// What both sides share: what is known of the key, beats, time.
namespace understudy::config_vault {

RootClaimCore::RootClaimCore(const RootClaimPolicy& policy, ControlSelf self, Random& random)
    : policy_(policy), self_(std::move(self)), random_(random), peers_(self_.id) {}

void RootClaimCore::Start(ClaimMoment now) {
  started_at_ = now.steady;
  known_since_ = now.steady;
  unwhole_since_ = now.steady;
  next_beat_ = now.steady;
  next_tick_ = now.steady;
  ReadKeyNow(now.steady);
}

RootClaimCore::State RootClaimCore::state() const {
  if (reigning_) return State::kRoot;
  if (attempt_.has_value()) return State::kClaiming;
  if (resigned_) return State::kResigned;
  if (IsOurs(known_)) return State::kCatchingUp;
  return key_read_ ? State::kSentinel : State::kStarting;
}

RoleState RootClaimCore::role() const {
  RoleState role{.role = reigning_ ? Role::kRoot : Role::kSentinel, .epoch = known_.epoch};
  role.act_alone_for = policy_.resign_after;
  // Nobody may be sent to a root that does not know whether it still is.
  if (resigned_) return role;
  role.root = known_.record.node_id;
  role.root_addresses = known_.record.addresses;
  return role;
}

ControlBeat RootClaimCore::beat(SteadyTime now) const {
  ControlBeat beat{.instance = self_.instance,
                   .epoch = known_.epoch,
                   .root = known_.record.node_id,
                   .is_root = reigning_,
                   .household_whole = whole_,
                   .following = progress_.following && (!reigning_ || ReachesKey(now)),
                   .applied = progress_.applied};
  const ControlPeer* root = peers_.Find(known_.record.node_id);
  if (root != nullptr && root->heard_at.has_value() && root->root_under == known_.epoch) {
    beat.root_heard_ago = now - *root->heard_at;
  }
  return beat;
}

bool RootClaimCore::IsOurs(const RootClaim& claim) const {
  return claim.epoch != 0 && claim.record.node_id == self_.id &&
         claim.record.instance == self_.instance;
}

void RootClaimCore::OnNodes(const std::vector<ControlNode>& nodes, Revision revision,
                            ClaimMoment now) {
  nodes_revision_ = revision;
  const bool was_admitted = std::exchange(admitted_, peers_.SetNodes(nodes));
  // Nobody beats to a node that is not admitted.
  if (!was_admitted && admitted_) Excuse(now.steady - not_admitted_since_, now.steady);
  if (was_admitted && !admitted_) {
    not_admitted_since_ = now.steady;
    Say(Report::Level::kWarning,
        "this control node is not admitted to the site: it claims nothing");
  }
  RenewLeaseNow(now.steady);
  next_tick_ = now.steady;
}

void RootClaimCore::OnRoot(const RootClaim& claim, ClaimMoment now) {
  key_read_ = true;
  if (claim.epoch <= applied_epoch_) return;
  applied_epoch_ = claim.epoch;
  Learn(claim, now);
  if (IsOurs(claim) && claim.epoch == known_.epoch && !reigning_ && !resigned_) BeginReign(now);
  next_tick_ = now.steady;
}

void RootClaimCore::Learn(const RootClaim& claim, ClaimMoment now) {
  const bool completes = claim.epoch == known_.epoch && known_.record.instance == 0 &&
                         claim.record.instance != 0;
  if (claim.epoch < known_.epoch || (claim.epoch == known_.epoch && !completes)) return;
  if (!completes) NoteChange(claim, now);
  known_ = claim;
  rumoured_epoch_ = std::max(rumoured_epoch_, claim.epoch);
  resigned_ = false;
  if (reigning_ && !completes) {
    // Also where it is ours again (a restore writes the key anew): the next reign begins when the
    // replica has come to it.
    EndReign(claim.record.node_id.empty()
                 ? absl::StrCat("etcd was built anew, the next epoch is above ", claim.epoch)
                 : absl::StrCat(claim.record.node_id, " is root under epoch ", claim.epoch));
  } else if (!reigning_) {
    Publish();
  }
  if (IsOurs(claim)) SendBeatsNow(now.steady);
}

void RootClaimCore::NoteChange(const RootClaim& claim, ClaimMoment now) {
  deposed_.reset();
  const bool ours = IsOurs(claim);
  const std::string& owner = claim.record.node_id;
  const std::string& before = known_.record.node_id;
  const bool taken = !owner.empty() && !before.empty() && owner != before &&
                     claim.record.handed_over_by.empty();
  if (taken) {
    deposed_ = known_.record;
    if (reigning_) NoteFalseAlarm(now);
  }
  known_since_ = now.steady;
  claim_at_ = SteadyTime::Infinite();
  failed_claims_ = 0;
  // Ours: the time is still measured.
  if (!ours) silence_noticed_.reset();
}

void RootClaimCore::NoteFalseAlarm(ClaimMoment now) {
  deposed_.reset();
  false_alarms_.push_back(now.steady);
  actions_.push_back(FalseAlarm());
}

void RootClaimCore::BeginReign(ClaimMoment now) {
  reigning_ = true;
  handing_over_ = false;
  confirmed_at_ = now.steady;
  NoteKeyRead(true, now.steady);
  next_read_ = now.steady + policy_.confirm_every;
  if (!whole_) unwhole_since_ = now.steady;
  StartReign start{.epoch = known_.epoch, .took = std::nullopt};
  if (silence_noticed_.has_value()) start.took = now.steady - *silence_noticed_;
  silence_noticed_.reset();
  actions_.push_back(start);
  Publish();
  SendBeatsNow(now.steady);
  const std::string& by = known_.record.handed_over_by;
  Say(Report::Level::kInfo,
      absl::StrCat("root under epoch ", known_.epoch,
                   by.empty() ? "" : absl::StrCat(", handed over by ", by),
                   start.took.has_value()
                       ? absl::StrCat(", ", absl::FormatDuration(*start.took),
                                      " after the silence was noticed")
                       : ""));
}

void RootClaimCore::EndReign(std::string_view why) {
  reigning_ = false;
  if (std::exchange(lease_, std::nullopt).has_value()) actions_.push_back(WithdrawLease());
  Publish();
  actions_.push_back(StopReign());
  Say(Report::Level::kWarning, absl::StrCat("no longer root: ", std::string(why)));
}

void RootClaimCore::Publish() { actions_.push_back(PublishRole{role()}); }

void RootClaimCore::OnBeat(const std::string& from, const ControlBeat& beat, ClaimMoment now) {
  const ControlPeer* peer = peers_.Hear(from, beat, now.steady);
  if (peer == nullptr) return;
  if (beat.epoch > known_.epoch) OnRumour(from, beat, now);
  // It slept, or was cut off: it should know at once.
  if (beat.is_root && beat.epoch < known_.epoch) {
    actions_.push_back(SendBeat{from, BeatToSend(now.steady)});
  }
  if (deposed_.has_value() && from == deposed_->node_id && beat.instance == deposed_->instance) {
    Say(Report::Level::kWarning, absl::StrCat("root ", from, " was deposed although it lived"));
    NoteFalseAlarm(now);
  }
  const bool is_owner = from == known_.record.node_id;
  if (is_owner && !(beat.is_root && beat.instance == known_.record.instance)) {
    next_tick_ = std::min(next_tick_, now.steady);
  }
  NotePromise(from, beat, now);
}

// Beats are faster than the replica, and reach a root that sleeps or is cut off from it.
void RootClaimCore::OnRumour(const std::string& from, const ControlBeat& beat, ClaimMoment now) {
  rumoured_epoch_ = std::max(rumoured_epoch_, beat.epoch);
  const ControlPeer* root = peers_.Find(beat.root);
  if (root == nullptr) return ReadKeyNow(now.steady);
  // Whether it was handed over is not known: nobody is accused of a false alarm.
  const RootRecord record{.node_id = beat.root,
                          .instance = from == beat.root ? beat.instance : 0,
                          .addresses = root->node.addresses,
                          .handed_over_by = std::string("not known"),
                          .claimed_at = now.wall};
  const RootClaim claim{.epoch = beat.epoch, .record = record};
  Learn(claim, now);
  ReadKeyNow(now.steady);
}

void RootClaimCore::OnHousehold(bool whole, ClaimMoment now) {
  if (whole_ == whole) return;
  whole_ = whole;
  unwhole_since_ = now.steady;
  next_tick_ = now.steady;
}

void RootClaimCore::OnReadAnswered(const absl::StatusOr<RootClaim>& claim, ClaimMoment now) {
  reading_ = false;
  NoteKeyRead(claim.ok(), now.steady);
  if (!claim.ok()) return;
  if (!std::exchange(key_read_, true)) known_since_ = now.steady;
  if (claim->epoch == known_.epoch && reigning_) confirmed_at_ = now.steady;
  if (claim->epoch != 0) Learn(*claim, now);
  next_tick_ = now.steady;
}

void RootClaimCore::OnClaimAnswered(uint64_t attempt,
                                    const absl::StatusOr<RootKey::ClaimResult>& result,
                                    ClaimMoment now) {
  if (!attempt_.has_value() || attempt_->number != attempt) return;
  const Attempt done = *std::exchange(attempt_, std::nullopt);
  next_tick_ = now.steady;
  if (!done.hand_over_to.empty()) return FinishHandOver(done, result, now);
  if (result.ok()) {
    // The admitted nodes have changed: they are looked at first.
    const bool is_as_before = !result->won && result->owner.epoch == done.expected;
    if (is_as_before) claim_at_ = now.steady + Backoff();
    return Learn(result->owner, now);
  }
  doubtful_claim_ = done.expected;
  if (failed_claims_ == 0) {
    Say(Report::Level::kWarning,
        absl::StrCat("the root's place cannot be claimed now, trying again: ",
                     std::string(result.status().message())));
  }
  claim_at_ = now.steady + Backoff();
}

void RootClaimCore::NoteKeyRead(bool read, SteadyTime now) {
  if (!read) return key_seen_at_.reset();
  if (!ReachesKey(now)) key_well_since_ = now;
  key_seen_at_ = now;
}

bool RootClaimCore::ReachesKey(SteadyTime now) const {
  return key_seen_at_.has_value() && now - *key_seen_at_ < policy_.resign_after;
}

absl::Duration RootClaimCore::Backoff() {
  absl::Duration wait = policy_.first_retry;
  for (uint32_t i = 0; i < failed_claims_ && wait < policy_.last_retry; ++i) wait *= 2;
  ++failed_claims_;
  wait = std::min(wait, policy_.last_retry);
  return random_.Between(wait / 2, wait);
}

void RootClaimCore::ReadKeyNow(SteadyTime now) {
  if (reading_) return;
  reading_ = true;
  next_read_ = now + policy_.confirm_every;
  actions_.push_back(ReadKey());
}

ControlBeat RootClaimCore::BeatToSend(SteadyTime now) {
  ControlBeat beat = this->beat(now);
  beat.holds_still = HoldsStill();
  if (beat.holds_still > absl::ZeroDuration()) peers_.Promise(beat.root, beat.holds_still);
  return beat;
}

void RootClaimCore::SendBeatsNow(SteadyTime now) {
  actions_.push_back(SendBeat{.to = "", .beat = BeatToSend(now)});
  next_beat_ = now + policy_.beat_interval;
}

void RootClaimCore::Excuse(absl::Duration absence, SteadyTime now) {
  peers_.Extend(absence, now);
  known_since_ = std::min(known_since_ + absence, now);
}

void RootClaimCore::NoteStall(ClaimMoment now) {
  const absl::Duration late = now.steady - next_tick_;
  if (!last_tick_.has_value() || late <= policy_.beat_interval / 2) return;
  Excuse(late, now.steady);
  if (late < policy_.detection_time()) return;
  Say(Report::Level::kWarning, absl::StrCat("this process was absent for ",
                                            absl::ToInt64Milliseconds(late), " ms"));
  // Others may have taken the place meanwhile.
  if (reigning_) ReadKeyNow(now.steady);
}

bool RootClaimCore::WantsRead() const {
  const ControlPeer* root = peers_.Find(known_.record.node_id);
  const bool root_is_cut_off = root != nullptr && root->not_following_since.has_value();
  return root_is_cut_off || !key_read_ || reigning_ || resigned_ || known_.record.instance == 0 ||
         rumoured_epoch_ > known_.epoch;
}

void RootClaimCore::Tick(ClaimMoment now) {
  NoteStall(now);
  last_tick_ = now.steady;
  next_tick_ = SteadyTime::Infinite();
  if (reigning_) {
    TickRoot(now);
  } else {
    TickSentinel(now);
  }
  if (now.steady >= next_beat_) SendBeatsNow(now.steady);
  if (WantsRead() && now.steady >= next_read_) ReadKeyNow(now.steady);
  next_tick_ = std::min(next_tick_, next_beat_);
}

std::vector<ClaimAction> RootClaimCore::TakeActions() { return std::exchange(actions_, {}); }

void RootClaimCore::Say(Report::Level level, std::string text) {
  actions_.push_back(Report{level, std::move(text)});
}

}  // namespace understudy::config_vault
