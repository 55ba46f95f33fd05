#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "services/config_vault/root_claim.h"

// Reads at the root without asking etcd. With each beat a sentinel promises the root to claim
// nothing for a while after the newest packet that it has heard of it; the root counts that time
// from when it sent that packet, which is earlier. While the promises of all others hold, nobody
// else has become root. doc/root_and_sentinels.md goes through every way to claim sooner.
namespace understudy::config_vault {

// Promised only to a root that nothing here may depose sooner.
absl::Duration RootClaimCore::HoldsStill() const {
  const ControlPeer* root = peers_.Find(known_.record.node_id);
  const bool acts = root != nullptr && root->beat.is_root && root->root_under == known_.epoch;
  // Where it does not reach the key, we take its place although it is heard.
  if (!policy_.read_lease || !acts || root->not_following_since.has_value()) {
    return absl::ZeroDuration();
  }
  // A claim that was sent may be carried out at any time.
  const bool may_have_claimed = attempt_.has_value() || doubtful_claim_.value_or(0) >= known_.epoch;
  return may_have_claimed ? absl::ZeroDuration() : policy_.detection_time();
}

// Whatever the reason to claim.
SteadyTime RootClaimCore::PromisedUntil() const {
  // Before it restarted, this node may have promised something, too.
  SteadyTime until = known_.epoch == 0 ? started_at_ : started_at_ + policy_.detection_time();
  for (const auto& [id, peer] : peers_.all()) {
    until = std::max(until, peer.promised_until.value_or(until));
  }
  return until;
}

void RootClaimCore::NotePromise(const std::string& from, const ControlBeat& beat, ClaimMoment now) {
  const bool promises = beat.holds_still > absl::ZeroDuration() && beat.acknowledged.has_value();
  if (!reigning_ || beat.epoch != known_.epoch || !promises) return;
  peers_.NotePromise(from, *beat.acknowledged + beat.holds_still * policy_.read_lease_share);
  RenewLeaseNow(now.steady);
}

// Of a site of one node, nobody else may claim: etcd refuses who is not admitted.
std::optional<SteadyTime> RootClaimCore::LeasedUntil(SteadyTime now) const {
  const bool may_lease = policy_.read_lease && reigning_ && !handing_over_;
  const bool is_known = admitted_ && nodes_revision_ != 0 && ReachesKey(now);
  if (!may_lease || !is_known) return std::nullopt;
  SteadyTime until = now + policy_.detection_time() * policy_.read_lease_share;
  for (const auto& [id, peer] : peers_.all()) {
    if (!peer.holds_still_until.has_value()) return std::nullopt;
    until = std::min(until, *peer.holds_still_until);
  }
  return until;
}

void RootClaimCore::RenewLeaseNow(SteadyTime now) {
  const std::optional<SteadyTime> until = LeasedUntil(now);
  if (!until.has_value()) {
    if (std::exchange(lease_, std::nullopt).has_value()) actions_.push_back(WithdrawLease());
    return;
  }
  const RenewLease lease{.epoch = known_.epoch, .nodes = nodes_revision_, .until = *until};
  if (lease_ == lease) return;
  lease_ = lease;
  actions_.push_back(lease);
}

}  // namespace understudy::config_vault
