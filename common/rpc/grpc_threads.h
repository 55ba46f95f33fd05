#ifndef UNDERSTUDY_COMMON_RPC_GRPC_THREADS_H_
#define UNDERSTUDY_COMMON_RPC_GRPC_THREADS_H_

namespace understudy::rpc {

// Makes gRPC 1.51's callback threads fit for a process that mostly waits and then must be quick.
// Idempotent, thread-safe; servers and channels call it.
//
// - It keeps them until the process ends. gRPC joins them when the last channel or server goes;
//   when the last channel is released by a callback (the end of a call whose stub is gone), that is
//   one of these very threads, which joins itself and then works on freed memory.
// - It parks one of them. gRPC starts half as many as there are cores, but at least two, and two
//   hand each event on to each other: four switches between threads for every message. A machine
//   with up to five cores is left with one thread, which is enough because callbacks never block.
// - It takes away their naps. After a second without an event each of them sleeps for 100 ms
//   without looking at its connections, and a message that comes meanwhile waits that long.
// - It keeps them awake while messages follow each other within some 50 us (brief_wait.h): to be
//   woken takes longer than to answer. Not in a program that takes epoll_wait over itself, as
//   station-agent's runtime does.
void PrepareGrpcThreads();

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_GRPC_THREADS_H_
