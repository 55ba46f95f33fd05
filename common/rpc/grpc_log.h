#ifndef UNDERSTUDY_COMMON_RPC_GRPC_LOG_H_
#define UNDERSTUDY_COMMON_RPC_GRPC_LOG_H_

namespace understudy::rpc {

// Sends what the gRPC library logs (of severity error) through our logs, so that their format holds
// for every line. Idempotent, thread-safe; servers and channels call it.
void AdoptGrpcLog();

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_GRPC_LOG_H_
