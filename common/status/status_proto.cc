#include "common/status/status_proto.h"

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

// The first ErrorInfo among `details` becomes the status's.
void TakeInfo(const google::rpc::Status& details, absl::Status& status) {
  for (const google::protobuf::Any& any : details.details()) {
    google::rpc::ErrorInfo info;
    if (any.type_url() != kErrorInfoTypeUrl || !info.ParseFromString(any.value())) continue;
    status.SetPayload(kErrorInfoTypeUrl, absl::Cord(any.value()));
    return;
  }
}

}  // namespace

void ToStatusProto(const absl::Status& status, std::string_view domain, google::rpc::Status& to) {
  to.set_code(static_cast<int>(status.code()));
  if (status.ok()) return;
  to.set_message(ToValidUtf8(static_cast<std::string>(status.message()), kMaxErrorMessageBytes));
  google::rpc::ErrorInfo info = OutgoingInfo(status, domain);
  google::protobuf::Any& any = *to.add_details();
  any.set_type_url(kErrorInfoTypeUrl);
  any.set_value(info.SerializeAsString());
  if (to.ByteSizeLong() <= kMaxDetailsBytes) return;
  info.clear_metadata();
  any.set_value(info.SerializeAsString());
}

absl::Status FromStatusProto(const google::rpc::Status& status) {
  absl::Status result(static_cast<absl::StatusCode>(status.code()), status.message());
  if (!result.ok()) TakeInfo(status, result);
  return result;
}

}  // namespace understudy
