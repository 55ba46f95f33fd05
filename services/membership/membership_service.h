#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_SERVICE_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_SERVICE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/executor/executor.h"
#include "common/rpc/stream_group.h"
#include "services/membership/conversations.h"
#include "services/membership/failure_detector.h"
#include "services/membership/membership_runner.h"
#include "services/membership/watcher_hub.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::membership {

// What a station is told when it joins.
struct Terms {
  // Where beats go.
  std::string beat_address;
  absl::Duration beat_interval;
  uint32_t missed_beats_limit = 0;
  absl::Duration lease;
  // How often silences are looked at: what watchers are told of a suspicion.
  absl::Duration tick;
};

// The gRPC service: checks and translates requests, and leaves all else to the runner.
class MembershipService final : public v1::Membership::CallbackService, public MembershipListener {
 public:
  // Executor and group must outlive the service. `on_serving` is called on the executor whenever
  // the service begins or ceases to act; may be null.
  MembershipService(Executor& executor, rpc::StreamGroup& group, Terms terms,
                    const MembershipMetrics& metrics, std::function<void(bool)> on_serving);

  // Before the first call.
  void SetRunner(MembershipRunner& runner);

  grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context,
                                 const v1::JoinRequest* request,
                                 v1::JoinResponse* response) override;
  grpc::ServerUnaryReactor* Leave(grpc::CallbackServerContext* context,
                                  const v1::LeaveRequest* request,
                                  v1::LeaveResponse* response) override;
  grpc::ServerBidiReactor<v1::StationMessage, v1::MembershipMessage>* Converse(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::WatchMembershipResponse>* WatchMembership(
      grpc::CallbackServerContext* context, const v1::WatchMembershipRequest* request) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const v1::ListRequest* request,
                                 v1::ListResponse* response) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const v1::GetRequest* request,
                                v1::GetResponse* response) override;

  void OnEvent(uint64_t incarnation, const Event& event) override;
  void OnSessionEnded(uint64_t session_id) override;
  void OnReignBegan() override;
  void OnReignEnded() override;
  void OnStandingBy() override;

 private:
  absl::StatusOr<v1::ListResponse> ListMembers(const v1::ListRequest& request) const;
  absl::StatusOr<v1::GetResponse> GetMember(const v1::GetRequest& request) const;
  v1::JoinResponse EncodeGrant(const MembershipRunner::Grant& grant) const;
  v1::Member Encode(const Member& member, const MembershipCore& core) const;
  void AddWatcher(const std::shared_ptr<WatcherHub::Stream>& stream,
                  const v1::WatchMembershipRequest& request);

  Executor& executor_;
  rpc::StreamGroup& group_;
  const Terms terms_;
  const std::function<void(bool)> on_serving_;
  WatcherHub watchers_;
  Conversations conversations_;
  MembershipRunner* runner_ = nullptr;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_SERVICE_H_
