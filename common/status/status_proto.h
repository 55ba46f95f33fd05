#ifndef UNDERSTUDY_COMMON_STATUS_STATUS_PROTO_H_
#define UNDERSTUDY_COMMON_STATUS_STATUS_PROTO_H_

#include <string_view>

#include "absl/status/status.h"

namespace google::rpc {
class Status;
}  // namespace google::rpc

namespace understudy {

// An error within a message, for streams whose messages may fail one by one; gRPC's own errors
// carry the same as their details (grpc_status.h, which says what becomes of `domain`).
// Thread-safe.
void ToStatusProto(const absl::Status& status, std::string_view domain, google::rpc::Status& to);
absl::Status FromStatusProto(const google::rpc::Status& status);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_STATUS_STATUS_PROTO_H_
