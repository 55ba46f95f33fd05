#include "common/status/grpc_status.h"

#include <string>

#include "absl/strings/cord.h"
#include "common/status/status.h"
#include "common/status/utf8.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace understudy {
namespace {

using status_internal::kErrorInfoTypeUrl;

constexpr size_t kMaxDetailsBytes = 4096;

google::rpc::ErrorInfo OutgoingInfo(const absl::Status& status, std::string_view domain) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload(kErrorInfoTypeUrl);
  if (payload.has_value() && !info.ParseFromString(static_cast<std::string>(*payload)))
    info.Clear();
  if (info.reason().empty()) info.set_reason(StatusCodeName(status.code()));
  if (info.domain().empty()) info.set_domain(std::string(domain));
  return info;
}

std::string SerializeDetails(const absl::Status& status, const std::string& message,
                             const google::rpc::ErrorInfo& info) {
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  google::protobuf::Any& any = *details.add_details();
  any.set_type_url(kErrorInfoTypeUrl);
  any.set_value(info.SerializeAsString());
  return details.SerializeAsString();
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view domain) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message =
      ToValidUtf8(static_cast<std::string>(status.message()), kMaxErrorMessageBytes);
  google::rpc::ErrorInfo info = OutgoingInfo(status, domain);
  std::string details = SerializeDetails(status, message, info);
  if (details.size() > kMaxDetailsBytes) {
    info.clear_metadata();
    details = SerializeDetails(status, message, info);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message, details);
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return result;
  for (const google::protobuf::Any& any : details.details()) {
    google::rpc::ErrorInfo info;
    if (any.type_url() != kErrorInfoTypeUrl || !info.ParseFromString(any.value())) continue;
    result.SetPayload(kErrorInfoTypeUrl, absl::Cord(any.value()));
    break;
  }
  return result;
}

}  // namespace understudy
