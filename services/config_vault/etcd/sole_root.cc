#include "services/config_vault/etcd/sole_root.h"

#include <utility>

namespace understudy::config_vault {

SoleRoot::SoleRoot(Parts parts, RootRecord record, absl::Duration retry_interval)
    : parts_(parts), record_(std::move(record)), retry_interval_(retry_interval) {}

void SoleRoot::Start() {
  parts_.reign.SetListener({.on_deposed = nullptr, .on_confirmed = nullptr});
  parts_.key.Subscribe(
      [this](const RootClaim& claim) { parts_.executor.Post([this, claim] { OnChange(claim); }); });
  parts_.executor.Post([this] { Claim(0); });
}

void SoleRoot::Claim(Epoch expected) {
  if (won_) return;
  parts_.key.Claim(expected, record_,
                   [this, expected](absl::StatusOr<RootKey::ClaimResult> result) {
                     parts_.executor.Post([this, expected, result = std::move(result)]() mutable {
                       OnClaimed(std::move(result), expected);
                     });
                   });
}

void SoleRoot::Later(Epoch expected) {
  parts_.executor.RunAt(parts_.clock.SteadyNow() + retry_interval_,
                        [this, expected] { Claim(expected); });
}

void SoleRoot::OnClaimed(absl::StatusOr<RootKey::ClaimResult> result, Epoch expected) {
  if (!result.ok()) return Later(expected);
  // An answer that was lost may have been a claim that was won.
  won_ = result->won || result->owner.record.instance == record_.instance;
  if (!won_) Claim(result->owner.epoch);
}

void SoleRoot::OnChange(const RootClaim& claim) {
  const bool is_ours = claim.record.instance == record_.instance;
  if (claim.record.node_id.empty()) {
    // etcd was built anew, perhaps from this vault while it was root.
    won_ = false;
    Claim(claim.epoch);
  }
  if (is_ours) {
    won_ = true;
    parts_.reign.BeginReign(claim.epoch);
  } else {
    parts_.reign.EndReign();
  }
  parts_.role.Publish({.role = is_ours ? Role::kRoot : Role::kSentinel,
                       .epoch = claim.epoch,
                       .root = claim.record.node_id,
                       .root_addresses = claim.record.addresses});
}

}  // namespace understudy::config_vault
