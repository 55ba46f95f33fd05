#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINTS_SERVICE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINTS_SERVICE_H_

#include "common/rpc/stream_group.h"
#include "services/checkpoint_store/checkpoint_calls.h"
#include "services/checkpoint_store/grpc_caller.h"
#include "understudy/checkpoint_store/v1/checkpoints.grpc.pb.h"

namespace understudy::checkpoint_store {

// Translates the devices' calls over gRPC. Thread-safe.
class CheckpointsService final : public v1::Checkpoints::CallbackService {
 public:
  // All must outlive the service. `max_checkpoint_bytes`: what a StoreStream may gather.
  CheckpointsService(CheckpointCalls& calls, const GrpcCallers& callers,
                     size_t max_checkpoint_bytes, rpc::StreamGroup& streams)
      : calls_(calls),
        callers_(callers),
        max_checkpoint_bytes_(max_checkpoint_bytes),
        streams_(streams) {}

  grpc::ServerUnaryReactor* Probe(grpc::CallbackServerContext* context,
                                  const v1::ProbeRequest* request,
                                  v1::ProbeResponse* response) override;
  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context,
                                  const v1::EnrolRequest* request,
                                  v1::EnrolResponse* response) override;
  grpc::ServerUnaryReactor* Fetch(grpc::CallbackServerContext* context,
                                  const v1::FetchRequest* request,
                                  v1::FetchResponse* response) override;
  grpc::ServerUnaryReactor* Store(grpc::CallbackServerContext* context,
                                  const v1::StoreRequest* request,
                                  v1::StoreResponse* response) override;
  grpc::ServerWriteReactor<v1::FetchStreamResponse>* FetchStream(
      grpc::CallbackServerContext* context, const v1::FetchRequest* request) override;
  grpc::ServerReadReactor<v1::StoreStreamRequest>* StoreStream(
      grpc::CallbackServerContext* context, v1::StoreResponse* response) override;

 private:
  // What Fetch and FetchStream do, up to the answer.
  void StartFetch(const v1::FetchRequest& request, const CallOrigin& origin,
                  CheckpointCalls::Done<FetchReply> done);
  // Notes a request that never reached the rules.
  absl::Status Refuse(const CallOrigin& origin, StoreMetrics::Operation operation,
                      absl::Status status);

  CheckpointCalls& calls_;
  const GrpcCallers& callers_;
  const size_t max_checkpoint_bytes_;
  rpc::StreamGroup& streams_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINTS_SERVICE_H_
