#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_TESTING_FAKE_SITE_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_TESTING_FAKE_SITE_H_

#include <grpcpp/server.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/server_session.h"
#include "common/rpc/server_stream.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::failover_orchestrator {

// A config-vault and a membership in one server on a free port: as much of them as the orchestrator
// uses, in memory. Thread-safe.
class FakeSite {
 public:
  FakeSite();
  ~FakeSite();

  std::string address() const;

  void SetRole(config_vault::v1::Role role, uint64_t epoch);
  // A duty's document with 32 bytes of hash made from `content`.
  void PutDocument(const std::string& duty_id, uint64_t revision, char content,
                   const std::string& author = "operator/test");
  void PutMember(membership::v1::MemberChanged::Reason reason,
                 const membership::v1::Member& member);
  // Members of the usual kind, joined and alive.
  void JoinDeployment(const std::string& station, const std::string& duty, uint32_t cameras);
  void JoinBackup(const std::string& station, uint32_t cameras);
  void Fail(const std::string& station);
  // Its report after it stood down.
  void BecomeBackup(const std::string& station);

  // Every stream breaks; those who watch must come again.
  void BreakStreams();
  // While false, writes are answered with UNAVAILABLE (and not done).
  void SetWritable(bool writable);
  // While true, claims that come over ClaimDuties are taken and not answered.
  void SetSilent(bool silent);

  // Waits until it is so.
  config_vault::v1::Failover AwaitFailover(const std::string& id,
                                           config_vault::v1::Failover::State state);
  config_vault::v1::Assignment AwaitAssignment(const std::string& duty_id, uint64_t number);
  // How often each stream was opened.
  int role_watches() const;
  // Of claims that came over ClaimDuties, rehearsals not counted.
  int claims_on_streams() const;

 private:
  class Registry;
  class Documents;
  class Membership;
  using RoleStream = rpc::ServerStream<config_vault::v1::WatchRoleResponse>;
  using DocumentStream = rpc::ServerStream<config_vault::v1::WatchResponse>;
  using ClaimStream = rpc::ServerSession<config_vault::v1::ClaimDutiesRequest,
                                         config_vault::v1::ClaimDutiesResponse>;
  using MemberStream = rpc::ServerStream<membership::v1::WatchMembershipResponse>;

  config_vault::v1::WatchRoleResponse Role() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool FailoverIs(const std::string& id, config_vault::v1::Failover::State state) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  config_vault::v1::Role role_ ABSL_GUARDED_BY(mutex_) = config_vault::v1::ROLE_ROOT;
  uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 1;
  bool writable_ ABSL_GUARDED_BY(mutex_) = true;
  bool silent_ ABSL_GUARDED_BY(mutex_) = false;
  int role_watches_ ABSL_GUARDED_BY(mutex_) = 0;
  int claims_on_streams_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t member_revision_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::string, config_vault::v1::DocumentInfo> documents_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, config_vault::v1::Duty> duties_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, config_vault::v1::Failover> failovers_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, membership::v1::Member> members_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<RoleStream>> role_streams_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<DocumentStream>> document_streams_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<ClaimStream>> claim_streams_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<MemberStream>> member_streams_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Registry> registry_service_;
  std::unique_ptr<Documents> documents_service_;
  std::unique_ptr<Membership> membership_service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_TESTING_FAKE_SITE_H_
