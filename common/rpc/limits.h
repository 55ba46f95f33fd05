#ifndef UNDERSTUDY_COMMON_RPC_LIMITS_H_
#define UNDERSTUDY_COMMON_RPC_LIMITS_H_

namespace understudy::rpc {

// A document of 4 MiB, and room for what stands around it.
inline constexpr int kMaxMessageBytes = 5 * 1024 * 1024;

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_LIMITS_H_
