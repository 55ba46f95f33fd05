#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/config_vault/root_claim.h"

// The sentinel's side: is the root silent, and whose turn is it to claim its place?
namespace understudy::config_vault {

void RootClaimCore::TickSentinel(ClaimMoment now) {
  const bool catching_up = IsOurs(known_) && !resigned_;
  if (!key_read_ || !admitted_ || attempt_.has_value() || catching_up) return;
  const SteadyTime silent_at = std::max(SilentAt(now.steady), PromisedUntil());
  if (now.steady < silent_at) {
    if (silence_noticed_.has_value()) BreakSilence(now);
    next_tick_ = silent_at;
    return;
  }
  if (!silence_noticed_.has_value()) NoticeSilence(now);
  if (now.steady >= claim_at_) return Claim(now);
  next_tick_ = claim_at_;
}

SteadyTime RootClaimCore::SilentAt(SteadyTime now) const {
  // Nobody is root, or we are, in an earlier life or without acting: nobody else need be asked.
  const std::string& owner = known_.record.node_id;
  if (owner.empty() || owner == self_.id) return known_since_;
  const SteadyTime first = known_since_ + policy_.first_deadline;
  const ControlPeer* root = peers_.Find(known_.record.node_id);
  SteadyTime silent_at = root == nullptr ? first : RootSilentAt(*root);
  // If we hear nobody at all, the fault may well be ours.
  if (now >= silent_at && !HearsOthers(now)) {
    silent_at = silent_at + policy_.beat_interval * policy_.alone_intervals;
  }
  return silent_at;
}

SteadyTime RootClaimCore::RootSilentAt(const ControlPeer& root) const {
  const SteadyTime first = known_since_ + policy_.first_deadline;
  if (!root.heard_at.has_value()) return first;
  const bool restarted =
      known_.record.instance != 0 && root.beat.instance != known_.record.instance;
  const bool resigned = root.root_under == known_.epoch && !root.beat.is_root;
  if (restarted && *root.heard_at > known_since_) return *root.heard_at;
  if (resigned) return *root.heard_at;
  SteadyTime silent_at = *root.heard_at + policy_.detection_time();
  // It has not begun to act: it has to come to its own claim first.
  if (root.root_under != known_.epoch) {
    return std::max(first, std::min(silent_at, known_since_ + policy_.catch_up_limit));
  }
  // Where it is only our way to the root that is broken, others still hear it.
  for (const auto& [id, peer] : peers_.all()) {
    if (id == root.node.id || !peer.root_heard_at.has_value()) continue;
    if (peer.beat.epoch != known_.epoch) continue;
    if (*peer.root_heard_at - *root.heard_at < policy_.beat_interval / 2) continue;
    silent_at = std::max(
        silent_at, *peer.root_heard_at + policy_.detection_time() + policy_.beat_interval);
  }
  return std::min(silent_at, RootCutOffAt(root));
}

SteadyTime RootClaimCore::RootCutOffAt(const ControlPeer& root) const {
  const bool we_reach = last_tick_.has_value() && ReachesKey(*last_tick_) && progress_.following;
  if (!root.not_following_since.has_value() || !we_reach) return SteadyTime::Infinite();
  return std::max(*root.not_following_since, key_well_since_) + policy_.cut_off_limit;
}

bool RootClaimCore::HearsOthers(SteadyTime now) const {
  bool there_are_others = false;
  for (const auto& [id, peer] : peers_.all()) {
    if (id == known_.record.node_id) continue;
    there_are_others = true;
    if (ControlPeers::IsFresh(peer, now, policy_.detection_time())) return true;
  }
  return !there_are_others;
}

void RootClaimCore::NoticeSilence(ClaimMoment now) {
  silence_noticed_ = now.steady;
  claim_at_ = now.steady + ClaimDelay(now.steady);
  if (known_.record.node_id.empty()) return Say(Report::Level::kInfo, "the site has no root yet");
  if (known_.record.node_id == self_.id) {
    return Say(Report::Level::kInfo,
               absl::StrCat("this node owned the root's place under epoch ", known_.epoch,
                            ", and claims it anew"));
  }
  const ControlPeer* root = peers_.Find(known_.record.node_id);
  const bool heard = root != nullptr && root->heard_at.has_value();
  if (heard && now.steady >= RootCutOffAt(*root)) {
    return Say(Report::Level::kWarning,
               absl::StrCat("root ", known_.record.node_id, " (epoch ", known_.epoch,
                            ") says that etcd is out of its reach, and it is not out of ours"));
  }
  Say(Report::Level::kWarning,
      absl::StrCat("root ", known_.record.node_id, " (epoch ", known_.epoch, ") is silent",
                   heard ? absl::StrCat(": last heard ",
                                        absl::ToInt64Milliseconds(now.steady - *root->heard_at),
                                        " ms ago")
                         : ": it was never heard"));
}

void RootClaimCore::BreakSilence(ClaimMoment now) {
  Say(Report::Level::kInfo,
      absl::StrCat("root ", known_.record.node_id, " is heard again after ",
                   absl::ToInt64Milliseconds(now.steady - *silence_noticed_), " ms"));
  silence_noticed_.reset();
  claim_at_ = SteadyTime::Infinite();
  failed_claims_ = 0;
}

int RootClaimCore::Rank(SteadyTime now) const {
  int rank = 0;
  for (const auto& [id, peer] : peers_.all()) {
    const bool fit = peer.beat.following && peer.beat.household_whole &&
                     ControlPeers::IsFresh(peer, now, policy_.detection_time());
    if (fit && id < self_.id && id != known_.record.node_id) ++rank;
  }
  return rank;
}

absl::Duration RootClaimCore::ClaimDelay(SteadyTime now) const {
  absl::Duration delay = policy_.stagger * Rank(now) + Damping(now);
  if (!whole_) delay += policy_.detection_time();
  if (!progress_.following) delay += policy_.first_deadline;
  return delay;
}

absl::Duration RootClaimCore::Damping(SteadyTime now) const {
  const auto recent =
      std::count_if(false_alarms_.begin(), false_alarms_.end(), [&](SteadyTime time) {
        return now - time < policy_.false_alarm_memory;
      });
  absl::Duration damping = policy_.detection_time();
  if (recent < 3) return absl::ZeroDuration();
  for (auto i = recent; i > 3 && damping < policy_.max_damping; --i) damping *= 2;
  return std::min(damping, policy_.max_damping);
}

void RootClaimCore::Claim(ClaimMoment now) {
  attempt_ = Attempt{.number = ++last_attempt_, .expected = known_.epoch};
  RootRecord record{.node_id = self_.id,
                    .instance = self_.instance,
                    .addresses = self_.addresses,
                    .handed_over_by = "",
                    .claimed_at = now.wall};
  actions_.push_back(
      ClaimKey{.attempt = attempt_->number, .expected = attempt_->expected, .record = record});
}

}  // namespace understudy::config_vault
