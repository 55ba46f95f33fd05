#include "services/membership/membership_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "services/membership/membership_codec.h"

namespace understudy::membership {
namespace {

// Events that may wait for one watcher: a whole site that joins at once fits.
constexpr size_t kMaxWatchQueue = 16'384;

}  // namespace

MembershipService::MembershipService(Executor& executor, rpc::StreamGroup& group, Terms terms,
                                     const MembershipMetrics& metrics,
                                     std::function<void(bool)> on_serving)
    : executor_(executor),
      group_(group),
      terms_(std::move(terms)),
      on_serving_(std::move(on_serving)),
      watchers_(terms_.lease, terms_.tick, metrics.watchers),
      conversations_(executor, group, metrics.streams) {}

void MembershipService::SetRunner(MembershipRunner& runner) {
  runner_ = &runner;
  conversations_.SetRunner(runner);
}

grpc::ServerUnaryReactor* MembershipService::Join(grpc::CallbackServerContext* context,
                                                  const v1::JoinRequest* request,
                                                  v1::JoinResponse* response) {
  rpc::UnaryReply<v1::JoinResponse> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* reactor = reply.reactor();
  absl::StatusOr<StationRecord> record = DecodeJoin(*request);
  if (!record.ok()) {
    reply.Fail(record.status());
    return reactor;
  }
  executor_.Post([this, record = *std::move(record), credential = request->credential(),
                  reply = std::move(reply)]() mutable {
    runner_->Join(
        std::move(record), credential,
        [this, reply = std::move(reply)](absl::StatusOr<MembershipRunner::Grant> grant) mutable {
          if (!grant.ok()) return reply.Fail(grant.status());
          reply.Finish(EncodeGrant(*grant));
        });
  });
  return reactor;
}

v1::JoinResponse MembershipService::EncodeGrant(const MembershipRunner::Grant& grant) const {
  v1::JoinResponse response;
  response.set_session_id(grant.session_id);
  response.set_session_key(grant.key.ToBytes());
  response.set_beat_address(terms_.beat_address);
  *response.mutable_beat_interval() = EncodeDuration(terms_.beat_interval);
  response.set_missed_beats_limit(terms_.missed_beats_limit);
  *response.mutable_lease() = EncodeDuration(terms_.lease);
  response.set_epoch(grant.epoch);
  return response;
}

grpc::ServerUnaryReactor* MembershipService::Leave(grpc::CallbackServerContext* context,
                                                   const v1::LeaveRequest* request,
                                                   v1::LeaveResponse* response) {
  rpc::UnaryReply<v1::LeaveResponse> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* reactor = reply.reactor();
  executor_.Post([this, request = *request, reply = std::move(reply)]() mutable {
    const absl::Status status = runner_->Leave(request.station_id(), request.session_id(),
                                               request.reason().substr(0, kMaxTextBytes));
    if (!status.ok()) return reply.Fail(status);
    reply.Finish(v1::LeaveResponse());
  });
  return reactor;
}

grpc::ServerBidiReactor<v1::StationMessage, v1::MembershipMessage>* MembershipService::Converse(
    grpc::CallbackServerContext* context) {
  return conversations_.Open().get();
}

grpc::ServerWriteReactor<v1::WatchMembershipResponse>* MembershipService::WatchMembership(
    grpc::CallbackServerContext* context, const v1::WatchMembershipRequest* request) {
  // The stream is not known yet when its options are made.
  auto self = std::make_shared<std::weak_ptr<WatcherHub::Stream>>();
  auto stream = WatcherHub::Stream::Make(
      {.domain = kErrorDomain,
       .max_queue = kMaxWatchQueue,
       .on_done =
           [this, self](const absl::Status&) {
             executor_.Post([this, stream = self->lock()] { watchers_.Remove(stream); });
           },
       .group = &group_});
  *self = stream;
  executor_.Post([this, stream, request = *request] { AddWatcher(stream, request); });
  return stream.get();
}

void MembershipService::AddWatcher(const std::shared_ptr<WatcherHub::Stream>& stream,
                                   const v1::WatchMembershipRequest& request) {
  const auto core = runner_->core();
  if (!core.ok()) return stream->Finish(core.status());
  watchers_.Add(stream, request, **core, runner_->incarnation(), runner_->Now());
}

grpc::ServerUnaryReactor* MembershipService::List(grpc::CallbackServerContext* context,
                                                  const v1::ListRequest* request,
                                                  v1::ListResponse* response) {
  rpc::UnaryReply<v1::ListResponse> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* reactor = reply.reactor();
  executor_.Post([this, request = *request, reply = std::move(reply)]() mutable {
    reply.Finish(ListMembers(request));
  });
  return reactor;
}

absl::StatusOr<v1::ListResponse> MembershipService::ListMembers(
    const v1::ListRequest& request) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(const MembershipCore* core, runner_->core());
  v1::ListResponse response;
  response.set_storm_brake(core->storm_brake());
  const auto& members = core->table().members();
  size_t bytes = 0;
  // The token is the last id of the page before.
  for (auto next = members.upper_bound(request.page_token()); next != members.end(); ++next) {
    if (bytes >= kPageBytes) {
      response.set_next_page_token(std::prev(next)->first);
      break;
    }
    *response.add_members() = Encode(next->second, *core);
    bytes += response.members(response.members_size() - 1).ByteSizeLong();
  }
  return response;
}

grpc::ServerUnaryReactor* MembershipService::Get(grpc::CallbackServerContext* context,
                                                 const v1::GetRequest* request,
                                                 v1::GetResponse* response) {
  rpc::UnaryReply<v1::GetResponse> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* reactor = reply.reactor();
  executor_.Post([this, request = *request, reply = std::move(reply)]() mutable {
    reply.Finish(GetMember(request));
  });
  return reactor;
}

absl::StatusOr<v1::GetResponse> MembershipService::GetMember(const v1::GetRequest& request) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(const MembershipCore* core, runner_->core());
  const Member* member = core->table().Find(request.station_id());
  if (member == nullptr) {
    return MakeError(absl::StatusCode::kNotFound, "STATION_NOT_FOUND",
                     absl::StrCat("station ", request.station_id(), " is not known"));
  }
  v1::GetResponse response;
  *response.mutable_member() = Encode(*member, *core);
  return response;
}

v1::Member MembershipService::Encode(const Member& member, const MembershipCore& core) const {
  return EncodeMember(member, core.LastHeard(member, runner_->Now()), terms_.lease);
}

void MembershipService::OnEvent(uint64_t incarnation, const Event& event) {
  watchers_.Send(incarnation, event);
}

void MembershipService::OnSessionEnded(uint64_t session_id) {
  conversations_.OnSessionEnded(session_id);
}

void MembershipService::OnReignBegan() {
  if (on_serving_) on_serving_(true);
}

void MembershipService::OnReignEnded() {
  if (on_serving_) on_serving_(false);
  conversations_.EndAll(runner_->NotRoot());
  watchers_.EndAll(runner_->NotRoot());
}

void MembershipService::OnStandingBy() {
  if (on_serving_) on_serving_(true);
}

}  // namespace understudy::membership
