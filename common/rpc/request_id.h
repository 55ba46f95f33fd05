#ifndef UNDERSTUDY_COMMON_RPC_REQUEST_ID_H_
#define UNDERSTUDY_COMMON_RPC_REQUEST_ID_H_

#include <string>
#include <string_view>

namespace understudy::rpc {

// Metadata key under which a caller may name its request; the server answers with the same (or a
// new) one in the initial metadata, and logs it with errors.
inline constexpr char kRequestIdKey[] = "x-request-id";

// 1 to 64 characters of [A-Za-z0-9._-].
bool IsRequestId(std::string_view text);
// 16 hexadecimal digits, by chance. Thread-safe.
std::string NewRequestId();

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_REQUEST_ID_H_
