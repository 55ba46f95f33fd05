#ifndef UNDERSTUDY_COMMON_STATUS_GRPC_STATUS_H_
#define UNDERSTUDY_COMMON_STATUS_GRPC_STATUS_H_

#include <string_view>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace understudy {

// The one place where errors cross between absl::Status and grpc::Status. On the wire they follow
// gRPC's rich error model: a google.rpc.Status with one google.rpc.ErrorInfo in the trailer
// grpc-status-details-bin. Thread-safe.

// `domain` (e.g. "config-vault.understudy") fills the ErrorInfo's domain where it is empty: an
// error passed on from another service keeps the domain of the one that raised it. A status without
// an ErrorInfo gets one whose reason is the name of its code, so that every error that leaves a
// service can be read by a program.
//
// Trailers are small (gRPC's default limit is 8 KiB), and one that is too large would turn any
// error into RESOURCE_EXHAUSTED: details over 4 KiB lose their metadata.
grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view domain);

// Restores what ToGrpcStatus sent. Details that cannot be read are ignored: code and message
// remain.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_STATUS_GRPC_STATUS_H_
