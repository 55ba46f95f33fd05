#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_SITE_WATCHER_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_SITE_WATCHER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/control_nodes/root_redirect.h"
#include "common/executor/executor.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/failover_orchestrator/failover_runner.h"
#include "services/failover_orchestrator/watch_loop.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::failover_orchestrator {

// Follows the vault's role, the duties' documents and the members, and hands it all to the core.
// Each of the three resumes where it was when its stream broke.
class SiteWatcher {
 public:
  struct Parts {
    const Clock& clock;
    Random& random;
    Executor& executor;
    FailoverRunner& runner;
  };
  struct Channels {
    std::shared_ptr<grpc::Channel> vault;
    std::shared_ptr<grpc::Channel> membership;
  };
  // Told, on the executor, whether the vault says that it is no root, and who is.
  using OnSentinel = std::function<void(bool sentinel, const RootRedirect& root)>;
  SiteWatcher(Parts parts, const Channels& channels, OnSentinel on_sentinel);

  void Start();
  // Before the executor is stopped and anything is destroyed.
  void Stop();

  // What cannot be followed now; for status. Only on the executor.
  std::vector<std::string> Outages() const;

 private:
  void OnRole(const config_vault::v1::WatchRoleResponse& response);
  void OnDocument(const config_vault::v1::WatchResponse& response);
  void OnMembership(const membership::v1::WatchMembershipResponse& response);
  void OnSuspected(const membership::v1::MemberChanged& suspected);
  void OnSnapshot(const membership::v1::Snapshot& part);
  // As root: a snapshot is needed where none will come by itself.
  void FollowMembersAnew();
  void OnBroken(bool& connected, const char* what, const absl::Status& status);

  Parts parts_;
  const log::Logger log_{"watch"};
  const OnSentinel on_sentinel_;
  const std::unique_ptr<config_vault::v1::Registry::Stub> registry_;
  const std::unique_ptr<config_vault::v1::Documents::Stub> documents_;
  const std::unique_ptr<membership::v1::Membership::Stub> membership_;
  uint64_t newest_epoch_ = 0;
  bool role_connected_ = false;
  bool documents_connected_ = false;
  bool membership_connected_ = false;
  // 0 until the first snapshot is complete.
  uint64_t document_revision_ = 0;
  bool documents_synced_ = false;
  uint64_t member_revision_ = 0;
  uint64_t member_incarnation_ = 0;
  // Of a snapshot whose last part has not come.
  std::vector<Member> snapshot_;
  // What was known of the members was given up with the root's place.
  bool members_forgotten_ = false;
  WatchLoop<config_vault::v1::WatchRoleResponse> role_loop_;
  WatchLoop<config_vault::v1::WatchResponse> document_loop_;
  WatchLoop<membership::v1::WatchMembershipResponse> member_loop_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_SITE_WATCHER_H_
