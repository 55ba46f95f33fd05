#ifndef UNDERSTUDY_CLI_DEMO_SITE_OBSERVER_H_
#define UNDERSTUDY_CLI_DEMO_SITE_OBSERVER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "cli/clients/membership_client.h"
#include "cli/clients/orchestrator_client.h"
#include "understudy/config_vault/v1/registry.pb.h"

namespace understudy::cli {

// Follows a site's membership and failovers by their watches, begun anew where one breaks off, so
// that the newest state of each is at hand and every change is told. Thread-safe.
class SiteObserver {
 public:
  using Member = membership::v1::Member;
  using Failover = config_vault::v1::Failover;

  // Called on the watches' threads, one event at a time for each; must not wait.
  struct Listener {
    // `before` is nothing for a member that was not known.
    std::function<void(const std::optional<Member>& before, const Member& now,
                       membership::v1::MemberChanged::Reason reason)>
        on_member;
    std::function<void(const Failover& failover)> on_failover;
  };

  // The clients and what the listener uses must outlive the observer.
  SiteObserver(MembershipClient& membership, OrchestratorClient& orchestrator, Listener listener);
  // Ends the clients' watches.
  ~SiteObserver();
  SiteObserver(const SiteObserver&) = delete;
  SiteObserver& operator=(const SiteObserver&) = delete;

  std::optional<Member> FindMember(const std::string& station) const;
  // The newest state of the first failover that fits, by id.
  std::optional<Failover> FindFailover(const std::function<bool(const Failover&)>& fits) const;
  // Stations that were said to have failed since this was asked last.
  std::set<std::string> TakeFailed();
  // A sentence, when one assignment of a duty was ever given to two stations; else empty.
  std::string AssignedTwice() const;

 private:
  void FollowMembership();
  void FollowFailovers();
  void OnMember(const Member& member, membership::v1::MemberChanged::Reason reason);
  void OnFailover(const Failover& failover);

  MembershipClient& membership_;
  OrchestratorClient& orchestrator_;
  const Listener listener_;
  std::atomic<bool> ending_ = false;
  mutable absl::Mutex mutex_;
  std::map<std::string, Member> members_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Failover> failovers_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> failed_ ABSL_GUARDED_BY(mutex_);
  // By duty and assignment number: to whom a finished failover gave it.
  std::map<std::pair<std::string, uint64_t>, std::set<std::string>> assigned_
      ABSL_GUARDED_BY(mutex_);
  std::thread membership_thread_;
  std::thread failovers_thread_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_SITE_OBSERVER_H_
