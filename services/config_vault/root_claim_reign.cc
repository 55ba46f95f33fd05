#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/root_claim.h"

// The root's side: does it still own its place, and is it fit for it?
namespace understudy::config_vault {
namespace {

// Between two tries to hand over because of the household.
constexpr absl::Duration kHandOverEvery = absl::Seconds(1);

}  // namespace

void RootClaimCore::TickRoot(ClaimMoment now) {
  if (HearsMajority(now.steady)) confirmed_at_ = now.steady;
  if (now.steady - confirmed_at_ >= policy_.resign_after) return Resign(now);
  MaybeHandOverHousehold(now);
  RenewLeaseNow(now.steady);
}

// A majority that follows us, counting ourselves, and that knows of no newer root.
bool RootClaimCore::HearsMajority(SteadyTime now) const {
  size_t heard = 1;
  for (const auto& [id, peer] : peers_.all()) {
    if (ControlPeers::IsFresh(peer, now, policy_.detection_time()) &&
        peer.beat.epoch <= known_.epoch) {
      ++heard;
    }
  }
  return 2 * heard > peers_.all().size() + 1;
}

void RootClaimCore::OnDeposed(Epoch epoch, ClaimMoment now) {
  if (!reigning_ || epoch != known_.epoch) return;
  // Who is root now comes with the read.
  Resign(now);
  ReadKeyNow(now.steady);
}

void RootClaimCore::OnConfirmed(Epoch epoch, ClaimMoment now) {
  if (!reigning_ || epoch != known_.epoch) return;
  confirmed_at_ = now.steady;
  NoteKeyRead(true, now.steady);
}

void RootClaimCore::Resign(ClaimMoment now) {
  resigned_ = true;
  claim_at_ = SteadyTime::Infinite();
  known_since_ = now.steady;
  EndReign(absl::StrCat("it could not be confirmed for ",
                        absl::ToInt64Milliseconds(now.steady - confirmed_at_), " ms"));
  SendBeatsNow(now.steady);
}

absl::Status RootClaimCore::CheckSuccessor(const std::string& id, SteadyTime now) const {
  const ControlPeer* peer = peers_.Find(id);
  if (peer == nullptr && id != self_.id) {
    return MakeError(absl::StatusCode::kNotFound, "NODE_NOT_FOUND",
                     absl::StrCat("there is no control node \"", id, "\""), {{"node", id}});
  }
  std::string why;
  if (peer == nullptr) {
    why = "it is root already";
  } else if (!ControlPeers::IsFresh(*peer, now, policy_.detection_time())) {
    why = "it is not heard";
  } else if (!peer->beat.following) {
    why = "its replica is still being filled";
  } else if (!peer->beat.household_whole) {
    why = "its membership or failover-orchestrator is not there";
  }
  if (why.empty()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "NODE_NOT_READY",
                   absl::StrCat("control node ", id, " cannot be root: ", why), {{"node", id}});
}

void RootClaimCore::HandOver(uint64_t request, const std::string& to, ClaimMoment now) {
  absl::Status status;
  std::string successor = to;
  if (successor.empty()) {
    for (const auto& [id, peer] : peers_.all()) {
      if (successor.empty() && CheckSuccessor(id, now.steady).ok()) successor = id;
    }
  }
  if (!reigning_) {
    status = MakeError(absl::StatusCode::kUnavailable, "NOT_ROOT",
                       "this control node is not root: ask the root");
  } else if (attempt_.has_value()) {
    status = MakeError(absl::StatusCode::kAborted, "HAND_OVER_UNDER_WAY",
                       absl::StrCat("the root is being handed over to ", attempt_->hand_over_to));
  } else if (successor.empty()) {
    status = MakeError(absl::StatusCode::kFailedPrecondition, "NODE_NOT_READY",
                       "no other control node is there, up to date and whole");
  } else {
    status = CheckSuccessor(successor, now.steady);
  }
  if (status.ok()) return SendHandOver(successor, request, now);
  actions_.push_back(AnswerHandOver{request, status});
}

void RootClaimCore::SendHandOver(const std::string& to, uint64_t request, ClaimMoment now) {
  const ControlPeer& peer = *peers_.Find(to);
  attempt_ = Attempt{
      .number = ++last_attempt_, .expected = known_.epoch, .hand_over_to = to, .request = request};
  handing_over_ = true;
  RenewLeaseNow(now.steady);
  RootRecord record{.node_id = to,
                    .instance = peer.beat.instance,
                    .addresses = peer.node.addresses,
                    .handed_over_by = self_.id,
                    .claimed_at = now.wall};
  actions_.push_back(
      ClaimKey{.attempt = attempt_->number, .expected = attempt_->expected, .record = record});
}

void RootClaimCore::FinishHandOver(const Attempt& attempt,
                                   const absl::StatusOr<RootKey::ClaimResult>& result,
                                   ClaimMoment now) {
  absl::StatusOr<RootClaim> answer(absl::UnknownError(""));
  if (!result.ok()) {
    answer = result.status();
  } else {
    Learn(result->owner, now);
    answer = result->owner;
    if (result->owner.record.node_id != attempt.hand_over_to) {
      answer = MakeError(absl::StatusCode::kUnavailable, "NOT_ROOT",
                         absl::StrCat(result->owner.record.node_id, " became root meanwhile"));
    }
  }
  if (attempt.request != 0) {
    actions_.push_back(AnswerHandOver{attempt.request, std::move(answer)});
  } else if (!answer.ok()) {
    Say(Report::Level::kWarning, absl::StrCat("the root could not be handed over: ",
                                              std::string(answer.status().message())));
  }
}

void RootClaimCore::MaybeHandOverHousehold(ClaimMoment now) {
  if (whole_ || attempt_.has_value()) return;
  const SteadyTime due = std::max(unwhole_since_ + policy_.household_grace, next_hand_over_);
  if (now.steady < due) {
    next_tick_ = std::min(next_tick_, due);
    return;
  }
  next_hand_over_ = now.steady + kHandOverEvery;
  for (const auto& [id, peer] : peers_.all()) {
    if (!CheckSuccessor(id, now.steady).ok()) continue;
    Say(Report::Level::kWarning,
        absl::StrCat("membership or failover-orchestrator beside this vault is gone: the root is "
                     "handed over to ", id));
    return SendHandOver(id, 0, now);
  }
}

}  // namespace understudy::config_vault
