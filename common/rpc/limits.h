#ifndef UNDERSTUDY_COMMON_RPC_LIMITS_H_
#define UNDERSTUDY_COMMON_RPC_LIMITS_H_

namespace understudy::rpc {

// A document of 4 MiB, and room for what stands around it.
inline constexpr int kMaxMessageBytes = 5 * 1024 * 1024;

// What a sender may send ahead on one stream. It is fixed, because gRPC finds it out by pings that
// follow every message and cost as much as the message does.
inline constexpr int kLookaheadBytes = 256 * 1024;

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_LIMITS_H_
