#include "services/checkpoint_store/checkpoints_service.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/rpc/server_stream.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "services/checkpoint_store/checkpoint_codec.h"
#include "services/checkpoint_store/store_upload.h"

namespace understudy::checkpoint_store {
namespace {

using Operation = StoreMetrics::Operation;

constexpr size_t kChunkBytes = 64 << 10;

template <typename Response>
auto* Fail(rpc::UnaryReply<Response> reply, const absl::Status& status) {
  auto* const reactor = reply.reactor();
  reply.Fail(status);
  return reactor;
}

// Sends what was fetched in pieces.
void SendInPieces(rpc::ServerStream<v1::FetchStreamResponse>& stream, const FetchReply& reply) {
  v1::FetchStreamResponse message;
  *message.mutable_header() = EncodeFetchHeader(reply.outcome);
  stream.Send(message);
  for (size_t at = 0; at < reply.content.size(); at += kChunkBytes) {
    message.set_content(reply.content.substr(at, kChunkBytes));
    stream.Send(message);
  }
  stream.Finish(absl::OkStatus());
}

}  // namespace

absl::Status CheckpointsService::Refuse(const CallOrigin& origin, Operation operation,
                                        absl::Status status) {
  calls_.Account(origin.source, operation, status);
  return status;
}

grpc::ServerUnaryReactor* CheckpointsService::Probe(grpc::CallbackServerContext* context,
                                                    const v1::ProbeRequest* request,
                                                    v1::ProbeResponse* response) {
  rpc::UnaryReply<v1::ProbeResponse> reply(context, response, kErrorDomain);
  auto* const reactor = reply.reactor();
  const CallOrigin origin = callers_.OriginOf(*context);
  if (const absl::Status admitted = calls_.Admit(origin.source); !admitted.ok()) {
    return Fail(std::move(reply), Refuse(origin, Operation::kProbe, admitted));
  }
  const absl::StatusOr<Identifier> identifier = Identifier::FromHex(request->identifier());
  if (!identifier.ok()) {
    return Fail(std::move(reply), Refuse(origin, Operation::kProbe, identifier.status()));
  }
  v1::ProbeResponse answer;
  answer.set_taken(calls_.Probe(*identifier, origin.source));
  reply.Finish(std::move(answer));
  return reactor;
}

grpc::ServerUnaryReactor* CheckpointsService::Enrol(grpc::CallbackServerContext* context,
                                                    const v1::EnrolRequest* request,
                                                    v1::EnrolResponse* response) {
  rpc::UnaryReply<v1::EnrolResponse> reply(context, response, kErrorDomain);
  auto* const reactor = reply.reactor();
  const CallOrigin origin = callers_.OriginOf(*context);
  absl::Status admitted = calls_.Admit(origin.source);
  if (admitted.ok()) admitted = GrpcCallers::CheckOperator(origin);
  auto enrol = admitted.ok() ? DecodeEnrol(*request, origin)
                             : absl::StatusOr<checkpoint_store::Enrol>(admitted);
  if (!enrol.ok()) {
    return Fail(std::move(reply), Refuse(origin, Operation::kEnrol, enrol.status()));
  }
  calls_.Enrol(*std::move(enrol),
               [reply = std::move(reply)](absl::StatusOr<EnrolOutcome> outcome) mutable {
                 if (!outcome.ok()) return reply.Fail(outcome.status());
                 reply.Finish(EncodeEnrol(*outcome));
               });
  return reactor;
}

void CheckpointsService::StartFetch(const v1::FetchRequest& request, const CallOrigin& origin,
                                    CheckpointCalls::Done<FetchReply> done) {
  const absl::Status admitted = calls_.Admit(origin.source);
  auto fetch = admitted.ok() ? DecodeFetch(request, origin)
                             : absl::StatusOr<checkpoint_store::Fetch>(admitted);
  if (!fetch.ok()) return done(Refuse(origin, Operation::kFetch, fetch.status()));
  calls_.Fetch(*std::move(fetch), std::move(done));
}

grpc::ServerUnaryReactor* CheckpointsService::Fetch(grpc::CallbackServerContext* context,
                                                    const v1::FetchRequest* request,
                                                    v1::FetchResponse* response) {
  rpc::UnaryReply<v1::FetchResponse> reply(context, response, kErrorDomain);
  auto* const reactor = reply.reactor();
  StartFetch(*request, callers_.OriginOf(*context),
             [reply = std::move(reply)](absl::StatusOr<FetchReply> fetched) mutable {
               if (!fetched.ok()) return reply.Fail(fetched.status());
               v1::FetchResponse answer;
               *answer.mutable_header() = EncodeFetchHeader(fetched->outcome);
               answer.set_content(std::move(fetched->content));
               reply.Finish(std::move(answer));
             });
  return reactor;
}

grpc::ServerWriteReactor<v1::FetchStreamResponse>* CheckpointsService::FetchStream(
    grpc::CallbackServerContext* context, const v1::FetchRequest* request) {
  const auto stream = rpc::ServerStream<v1::FetchStreamResponse>::Make(
      {.domain = kErrorDomain, .max_queue = 1024, .on_done = nullptr, .group = &streams_});
  StartFetch(*request, callers_.OriginOf(*context), [stream](absl::StatusOr<FetchReply> fetched) {
    if (!fetched.ok()) return stream->Finish(fetched.status());
    SendInPieces(*stream, *fetched);
  });
  return stream.get();
}

grpc::ServerUnaryReactor* CheckpointsService::Store(grpc::CallbackServerContext* context,
                                                    const v1::StoreRequest* request,
                                                    v1::StoreResponse* response) {
  rpc::UnaryReply<v1::StoreResponse> reply(context, response, kErrorDomain);
  auto* const reactor = reply.reactor();
  const CallOrigin origin = callers_.OriginOf(*context);
  const absl::Status admitted = calls_.Admit(origin.source);
  auto store = admitted.ok() ? DecodeStore(request->header(), request->content(), origin)
                             : absl::StatusOr<checkpoint_store::Store>(admitted);
  if (!store.ok()) {
    return Fail(std::move(reply), Refuse(origin, Operation::kStore, store.status()));
  }
  calls_.Store(*std::move(store),
               [reply = std::move(reply)](absl::StatusOr<StoreOutcome> outcome) mutable {
                 if (!outcome.ok()) return reply.Fail(outcome.status());
                 reply.Finish(EncodeStore(*outcome));
               });
  return reactor;
}

grpc::ServerReadReactor<v1::StoreStreamRequest>* CheckpointsService::StoreStream(
    grpc::CallbackServerContext* context, v1::StoreResponse* response) {
  return StartStoreUpload(calls_, callers_.OriginOf(*context), max_checkpoint_bytes_, response);
}

}  // namespace understudy::checkpoint_store
