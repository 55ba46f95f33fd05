#ifndef UNDERSTUDY_COMMON_RPC_GRPC_THREADS_H_
#define UNDERSTUDY_COMMON_RPC_GRPC_THREADS_H_

namespace understudy::rpc {

// Keeps gRPC's callback threads until the process ends. gRPC 1.51 joins them when the last channel
// or server goes; when the last channel is released by a callback (the end of a call whose stub is
// gone), that is one of these very threads, which joins itself and then works on freed memory.
// Idempotent, thread-safe; servers and channels call it.
void KeepGrpcThreads();

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_GRPC_THREADS_H_
