#include "cli/demo/site_observer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/local_fleet/wait.h"

namespace understudy::cli {
namespace {

// Between a watch that broke off and the next.
constexpr absl::Duration kRetry = absl::Milliseconds(20);

}  // namespace

SiteObserver::SiteObserver(MembershipClient& membership, OrchestratorClient& orchestrator,
                           Listener listener)
    : membership_(membership),
      orchestrator_(orchestrator),
      listener_(std::move(listener)),
      membership_thread_([this] { FollowMembership(); }),
      failovers_thread_([this] { FollowFailovers(); }) {}

SiteObserver::~SiteObserver() {
  ending_ = true;
  membership_.EndWatches();
  orchestrator_.EndWatches();
  membership_thread_.join();
  failovers_thread_.join();
}

std::optional<SiteObserver::Member> SiteObserver::FindMember(const std::string& station) const {
  absl::MutexLock lock(&mutex_);
  const auto found = members_.find(station);
  if (found == members_.end()) return std::nullopt;
  return found->second;
}

std::optional<SiteObserver::Failover> SiteObserver::FindFailover(
    const std::function<bool(const Failover&)>& fits) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, failover] : failovers_) {
    if (fits(failover)) return failover;
  }
  return std::nullopt;
}

std::set<std::string> SiteObserver::TakeFailed() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(failed_, {});
}

std::string SiteObserver::AssignedTwice() const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [assignment, stations] : assigned_) {
    if (stations.size() < 2) continue;
    return absl::StrCat("assignment ", assignment.second, " of duty ", assignment.first,
                        " was given to ", absl::StrJoin(stations, " and to "));
  }
  return "";
}

void SiteObserver::FollowMembership() {
  using membership::v1::MemberChanged;
  while (!ending_) {
    membership_
        .Watch([this](const membership::v1::WatchMembershipResponse& event) {
          for (const Member& member : event.snapshot().members()) {
            OnMember(member, MemberChanged::REASON_UNSPECIFIED);
          }
          if (event.has_changed()) OnMember(event.changed().member(), event.changed().reason());
          return true;
        })
        .IgnoreError();
    if (!ending_) Pause(kRetry);
  }
}

void SiteObserver::FollowFailovers() {
  while (!ending_) {
    orchestrator_
        .WatchFailovers([this](const failover_orchestrator::v1::WatchFailoversResponse& event) {
          OnFailover(event.failover());
          return true;
        })
        .IgnoreError();
    if (!ending_) Pause(kRetry);
  }
}

void SiteObserver::OnMember(const Member& member, membership::v1::MemberChanged::Reason reason) {
  std::optional<Member> before = FindMember(member.station_id());
  {
    absl::MutexLock lock(&mutex_);
    members_[member.station_id()] = member;
    if (member.state() == Member::STATE_FAILED) failed_.insert(member.station_id());
  }
  if (listener_.on_member) listener_.on_member(before, member, reason);
}

void SiteObserver::OnFailover(const Failover& failover) {
  {
    absl::MutexLock lock(&mutex_);
    failovers_[failover.id()] = failover;
    if (failover.state() == Failover::STATE_DONE) {
      assigned_[{failover.duty_id(), failover.assignment_number()}].insert(failover.to_station());
    }
  }
  if (listener_.on_failover) listener_.on_failover(failover);
}

}  // namespace understudy::cli
