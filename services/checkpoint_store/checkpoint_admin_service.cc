#include "services/checkpoint_store/checkpoint_admin_service.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/server_stream.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "services/checkpoint_store/checkpoint_codec.h"

namespace understudy::checkpoint_store {
namespace {

using Operation = StoreMetrics::Operation;
using WatchStream = rpc::ServerStream<v1::WatchResponse>;

// Answers an operator with what `read` gives.
template <typename Response, typename Read>
grpc::ServerUnaryReactor* AnswerRead(StoreMetrics& metrics, const CallOrigin& origin,
                                     rpc::UnaryReply<Response> reply, Read read) {
  auto* const reactor = reply.reactor();
  const absl::Status allowed = GrpcCallers::CheckOperator(origin);
  absl::StatusOr<Response> answer = allowed.ok() ? read() : absl::StatusOr<Response>(allowed);
  metrics.CountRequest(Operation::kAdmin, StoreMetrics::ResultOf(answer.status()));
  reply.Finish(std::move(answer));
  return reactor;
}

// Has a command decided for an operator, and answers with what `encode(outcome)` gives.
template <typename Response, typename Encode>
grpc::ServerUnaryReactor* AnswerCommand(CheckpointCalls& calls, StoreMetrics& metrics,
                                        const CallOrigin& origin, absl::StatusOr<Command> command,
                                        rpc::UnaryReply<Response> reply, Encode encode) {
  auto* const reactor = reply.reactor();
  absl::Status allowed = GrpcCallers::CheckOperator(origin);
  if (allowed.ok()) allowed = command.status();
  if (!allowed.ok()) {
    metrics.CountRequest(Operation::kAdmin, StoreMetrics::ResultOf(allowed));
    reply.Fail(allowed);
    return reactor;
  }
  calls.Admin(*std::move(command), [reply = std::move(reply),
                                    encode](absl::StatusOr<Outcome> outcome) mutable {
    if (!outcome.ok()) return reply.Fail(outcome.status());
    reply.Finish(encode(*outcome));
  });
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* CheckpointAdminService::List(grpc::CallbackServerContext* context,
                                                       const v1::ListRequest* request,
                                                       v1::ListResponse* response) {
  return AnswerRead(metrics_, callers_.OriginOf(*context),
                    rpc::UnaryReply<v1::ListResponse>(context, response, kErrorDomain),
                    [&] { return reads_.List(*request); });
}

grpc::ServerUnaryReactor* CheckpointAdminService::Inspect(grpc::CallbackServerContext* context,
                                                          const v1::InspectRequest* request,
                                                          v1::InspectResponse* response) {
  return AnswerRead(metrics_, callers_.OriginOf(*context),
                    rpc::UnaryReply<v1::InspectResponse>(context, response, kErrorDomain),
                    [&] { return reads_.Inspect(*request); });
}

grpc::ServerUnaryReactor* CheckpointAdminService::Generations(
    grpc::CallbackServerContext* context, const v1::GenerationsRequest* request,
    v1::GenerationsResponse* response) {
  return AnswerRead(metrics_, callers_.OriginOf(*context),
                    rpc::UnaryReply<v1::GenerationsResponse>(context, response, kErrorDomain),
                    [&] { return reads_.Generations(*request); });
}

grpc::ServerUnaryReactor* CheckpointAdminService::Read(grpc::CallbackServerContext* context,
                                                       const v1::ReadRequest* request,
                                                       v1::ReadResponse* response) {
  return AnswerRead(metrics_, callers_.OriginOf(*context),
                    rpc::UnaryReply<v1::ReadResponse>(context, response, kErrorDomain),
                    [&] { return reads_.Read(*request); });
}

grpc::ServerUnaryReactor* CheckpointAdminService::GetSummary(grpc::CallbackServerContext* context,
                                                             const v1::GetSummaryRequest*,
                                                             v1::GetSummaryResponse* response) {
  return AnswerRead(metrics_, callers_.OriginOf(*context),
                    rpc::UnaryReply<v1::GetSummaryResponse>(context, response, kErrorDomain),
                    [&] { return absl::StatusOr<v1::GetSummaryResponse>(reads_.Summary()); });
}

grpc::ServerUnaryReactor* CheckpointAdminService::Stage(grpc::CallbackServerContext* context,
                                                        const v1::StageRequest* request,
                                                        v1::StageResponse* response) {
  const CallOrigin origin = callers_.OriginOf(*context);
  absl::StatusOr<checkpoint_store::Stage> stage = DecodeStage(*request, origin);
  absl::StatusOr<Command> command = stage.ok() ? absl::StatusOr<Command>(*std::move(stage))
                                                : absl::StatusOr<Command>(stage.status());
  return AnswerCommand(calls_, metrics_, origin, std::move(command),
                       rpc::UnaryReply<v1::StageResponse>(context, response, kErrorDomain),
                       [](const Outcome& outcome) {
                         v1::StageResponse answer;
                         *answer.mutable_staged() = EncodeStaged(std::get<StagedChange>(outcome));
                         return answer;
                       });
}

grpc::ServerUnaryReactor* CheckpointAdminService::Withdraw(grpc::CallbackServerContext* context,
                                                           const v1::WithdrawRequest* request,
                                                           v1::WithdrawResponse* response) {
  const CallOrigin origin = callers_.OriginOf(*context);
  return AnswerCommand(
      calls_, metrics_, origin,
      Command(checkpoint_store::Withdraw{request->device_id(), origin.time}),
      rpc::UnaryReply<v1::WithdrawResponse>(context, response, kErrorDomain),
      [](const Outcome& outcome) {
        v1::WithdrawResponse answer;
        *answer.mutable_withdrawn() = EncodeStaged(std::get<StagedChange>(outcome));
        return answer;
      });
}

grpc::ServerUnaryReactor* CheckpointAdminService::Revoke(grpc::CallbackServerContext* context,
                                                         const v1::RevokeRequest* request,
                                                         v1::RevokeResponse* response) {
  const CallOrigin origin = callers_.OriginOf(*context);
  return AnswerCommand(
      calls_, metrics_, origin,
      Command(checkpoint_store::Revoke{request->device_id(), request->purge(), origin.time}),
      rpc::UnaryReply<v1::RevokeResponse>(context, response, kErrorDomain),
      [](const Outcome&) { return v1::RevokeResponse(); });
}

absl::Status CheckpointAdminService::AdmitWatcher(const CallOrigin& origin) const {
  UNDERSTUDY_RETURN_IF_ERROR(GrpcCallers::CheckOperator(origin));
  if (watchers_ <= options_.max_watchers) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHERS",
                   absl::StrCat(options_.max_watchers, " watches are open already"));
}

grpc::ServerWriteReactor<v1::WatchResponse>* CheckpointAdminService::Watch(
    grpc::CallbackServerContext* context, const v1::WatchRequest* request) {
  metrics_.watchers.Set(static_cast<double>(++watchers_));
  // Set below: the stream cannot be done before it has been returned.
  const auto listener = std::make_shared<FleetMonitor::ListenerId>(0);
  const auto stream = WatchStream::Make(
      {.domain = kErrorDomain,
       .max_queue = options_.max_queue,
       .on_done =
           [this, listener](const absl::Status& status) {
             monitor_.Unsubscribe(*listener);
             if (ErrorReason(status) == "WATCH_TOO_SLOW") metrics_.watchers_too_slow.Add();
             metrics_.watchers.Set(static_cast<double>(--watchers_));
           },
       .group = &streams_});
  const absl::Status admitted = AdmitWatcher(callers_.OriginOf(*context));
  if (!admitted.ok()) {
    stream->Finish(admitted);
    return stream.get();
  }
  *listener = monitor_.Subscribe(
      [&](const std::vector<DeviceNumber>& overdue) {
        v1::WatchResponse first;
        *first.mutable_overdue() = reads_.NameOverdue(overdue);
        stream->Send(std::move(first));
      },
      [stream, with_cycles = request->cycles(), device = request->device_id()](const Event& event) {
        if (event.kind == Event::Kind::kCycle && !with_cycles) return stream->is_open();
        if (!device.empty() && event.device_id != device) return stream->is_open();
        v1::WatchResponse message;
        *message.mutable_event() = EncodeEvent(event);
        return stream->Send(std::move(message));
      });
  return stream.get();
}

}  // namespace understudy::checkpoint_store
