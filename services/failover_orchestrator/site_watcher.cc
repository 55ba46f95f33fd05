#include "services/failover_orchestrator/site_watcher.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/failover_orchestrator/failover_codec.h"

namespace understudy::failover_orchestrator {
namespace {

namespace vault = config_vault::v1;
namespace members = membership::v1;

ChangeReason DecodeReason(members::MemberChanged::Reason reason) {
  switch (reason) {
    case members::MemberChanged::REASON_JOINED:
      return ChangeReason::kJoined;
    case members::MemberChanged::REASON_FAILED:
      return ChangeReason::kFailed;
    case members::MemberChanged::REASON_LEFT:
      return ChangeReason::kLeft;
    case members::MemberChanged::REASON_REPORTED:
      return ChangeReason::kReported;
    case members::MemberChanged::REASON_RECOVERED:
      return ChangeReason::kRecovered;
    default:
      return ChangeReason::kUnspecified;
  }
}

}  // namespace

SiteWatcher::SiteWatcher(Parts parts, const Channels& channels,
                         OnSentinel on_sentinel)
    : parts_(parts),
      on_sentinel_(std::move(on_sentinel)),
      registry_(vault::Registry::NewStub(channels.vault)),
      documents_(vault::Documents::NewStub(channels.vault)),
      membership_(members::Membership::NewStub(channels.membership)),
      role_loop_(parts.clock, parts.random, parts.executor,
                 {.start =
                      [this](auto options) {
                        vault::WatchRoleRequest request;
                        request.set_service("failover-orchestrator");
                        return rpc::ClientReader<vault::WatchRoleResponse>::Start(
                            *registry_->async(), &vault::Registry::Stub::async::WatchRole,
                            request, std::move(options));
                      },
                  .on_message = [this](const auto& response) { OnRole(response); },
                  .on_broken =
                      [this](const absl::Status& status) {
                        OnBroken(role_connected_, "config-vault's role", status);
                        parts_.runner.Take([](FailoverCore& core, Instant now) {
                          core.OnRole(std::nullopt, now);
                        });
                      }}),
      document_loop_(parts.clock, parts.random, parts.executor,
                     {.start =
                          [this](auto options) {
                            vault::WatchRequest request;
                            request.set_prefix("duties/");
                            request.set_snapshot(!documents_synced_);
                            request.set_after_revision(documents_synced_ ? document_revision_ : 0);
                            return rpc::ClientReader<vault::WatchResponse>::Start(
                                *documents_->async(), &vault::Documents::Stub::async::Watch,
                                request, std::move(options));
                          },
                      .on_message = [this](const auto& response) { OnDocument(response); },
                      .on_broken =
                          [this](const absl::Status& status) {
                            OnBroken(documents_connected_, "the duties' documents", status);
                          }}),
      member_loop_(parts.clock, parts.random, parts.executor,
                   {.start =
                        [this](auto options) {
                          members::WatchMembershipRequest request;
                          request.set_after_revision(member_revision_);
                          request.set_incarnation(member_incarnation_);
                          return rpc::ClientReader<members::WatchMembershipResponse>::Start(
                              *membership_->async(),
                              &members::Membership::Stub::async::WatchMembership, request,
                              std::move(options));
                        },
                    .on_message = [this](const auto& response) { OnMembership(response); },
                    .on_broken =
                        [this](const absl::Status& status) {
                          snapshot_.clear();
                          OnBroken(membership_connected_, "membership", status);
                        }}) {}

void SiteWatcher::Start() {
  parts_.executor.Post([this] {
    role_loop_.Start();
    document_loop_.Start();
    member_loop_.Start();
  });
}

void SiteWatcher::Stop() {
  role_loop_.Stop();
  document_loop_.Stop();
  member_loop_.Stop();
}

void SiteWatcher::OnRole(const vault::WatchRoleResponse& response) {
  role_connected_ = true;
  bool root = response.role() == vault::ROLE_ROOT;
  if (root && response.epoch() < newest_epoch_) {
    log_.Warn("config-vault is root under epoch {}, but {} was known: not acting",
              response.epoch(), newest_epoch_);
    root = false;
  }
  newest_epoch_ = std::max(newest_epoch_, response.epoch());
  const type::v1::ControlNodeAddresses& addresses = response.root_addresses();
  on_sentinel_(!root, {.epoch = response.epoch(),
                       .node_id = response.root(),
                       .addresses = {.vault = addresses.vault(),
                                     .membership = addresses.membership(),
                                     .orchestrator = addresses.orchestrator()}});
  parts_.runner.Take([root, epoch = response.epoch()](FailoverCore& core, Instant now) {
    core.OnRole(root ? std::optional<uint64_t>(epoch) : std::nullopt, now);
    if (!root) core.OnMembershipLost(now);
  });
  members_forgotten_ = members_forgotten_ || !root;
  if (!root) return;
  // Both may have been refused, or not been there, while this node was a sentinel.
  document_loop_.Hurry();
  FollowMembersAnew();
}

// Membership may have heard sooner that this node is root: its snapshot came while we still were
// told that it is not, and no other one follows on the same stream.
void SiteWatcher::FollowMembersAnew() {
  if (!std::exchange(members_forgotten_, false)) return member_loop_.Hurry();
  member_revision_ = 0;
  member_incarnation_ = 0;
  snapshot_.clear();
  member_loop_.Restart();
}

void SiteWatcher::OnDocument(const vault::WatchResponse& response) {
  documents_connected_ = true;
  if (response.has_changed()) {
    document_revision_ = std::max(document_revision_, response.changed().revision());
    auto changed = DecodeDocument(response.changed());
    if (!changed.has_value()) return;
    parts_.runner.Take([changed = *std::move(changed)](FailoverCore& core, Instant now) {
      core.OnDocument(changed.first, changed.second, now);
    });
    return;
  }
  document_revision_ = std::max(document_revision_, response.synced_revision());
  documents_synced_ = true;
  parts_.runner.Take([](FailoverCore& core, Instant now) { core.OnDocumentsSynced(now); });
}

void SiteWatcher::OnMembership(const members::WatchMembershipResponse& response) {
  membership_connected_ = true;
  // A stream that breaks within a snapshot begins it again.
  if (response.has_snapshot() && response.snapshot().more_follows()) {
    return OnSnapshot(response.snapshot());
  }
  member_incarnation_ = response.incarnation();
  member_revision_ = response.revision();
  if (response.changed().reason() == members::MemberChanged::REASON_SUSPECTED) {
    return OnSuspected(response.changed());
  }
  if (response.has_changed()) {
    absl::StatusOr<Member> member = DecodeMember(response.changed().member());
    if (!member.ok()) {
      log_.Warn("membership sent a member that cannot be: {}", DescribeError(member.status()));
      return;
    }
    parts_.runner.Take(
        [reason = DecodeReason(response.changed().reason()), member = *std::move(member)](
            FailoverCore& core, Instant now) { core.OnMemberChanged(reason, member, now); });
    return;
  }
  if (response.has_snapshot()) OnSnapshot(response.snapshot());
}

void SiteWatcher::OnSuspected(const members::MemberChanged& suspected) {
  parts_.runner.Take(
      [station_id = suspected.member().station_id(),
       next_look = DecodeNextLook(suspected)](FailoverCore& core, Instant now) {
        core.OnSuspected(station_id, next_look, now);
      });
}

void SiteWatcher::OnSnapshot(const members::Snapshot& part) {
  for (const members::Member& message : part.members()) {
    absl::StatusOr<Member> member = DecodeMember(message);
    if (member.ok()) {
      snapshot_.push_back(*std::move(member));
    } else {
      log_.Warn("membership sent a member that cannot be: {}", DescribeError(member.status()));
    }
  }
  if (part.more_follows()) return;
  parts_.runner.Take(
      [known = std::exchange(snapshot_, {})](FailoverCore& core, Instant now) mutable {
        core.OnMembershipSnapshot(std::move(known), now);
      });
}

void SiteWatcher::OnBroken(bool& connected, const char* what, const absl::Status& status) {
  // One line per outage, not per attempt.
  if (std::exchange(connected, false)) {
    log_.Warn("lost sight of {}: {}", what, DescribeError(status));
  }
}

std::vector<std::string> SiteWatcher::Outages() const {
  std::vector<std::string> outages;
  if (!role_connected_)
    outages.push_back("config-vault is not reachable: no claim can be recorded");
  if (!documents_connected_) outages.push_back("the duties' documents cannot be followed");
  if (!membership_connected_) {
    outages.push_back("membership is not reachable: failures are not seen");
  }
  return outages;
}

}  // namespace understudy::failover_orchestrator
