#include "common/status/status.h"

#include <optional>

#include "absl/strings/cord.h"
#include "common/status/error_info.h"
#include "common/status/utf8.h"

namespace understudy {
namespace {

using status_internal::kErrorInfoTypeUrl;

ErrorInfo ErrorInfoOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorInfoTypeUrl);
  if (!payload.has_value()) return {};
  return DecodeErrorInfo(static_cast<std::string>(*payload)).value_or(ErrorInfo());
}

std::string CutValue(std::string_view value) {
  return ToValidUtf8(value, kMaxErrorMetadataValueBytes);
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const ErrorMetadataMap& metadata) {
  ErrorInfo info = {.reason = CutValue(reason), .domain = {}, .metadata = {}};
  for (const auto& [name, value] : metadata) {
    if (info.metadata.size() == kMaxErrorMetadataEntries) break;
    info.metadata[CutValue(name)] = CutValue(value);
  }
  if (code == absl::StatusCode::kOk) code = absl::StatusCode::kInternal;
  absl::Status status(code, ToValidUtf8(message, kMaxErrorMessageBytes));
  status.SetPayload(kErrorInfoTypeUrl, absl::Cord(EncodeErrorInfo(info)));
  return status;
}

std::string ErrorReason(const absl::Status& status) { return ErrorInfoOf(status).reason; }

std::string ErrorDomain(const absl::Status& status) { return ErrorInfoOf(status).domain; }

ErrorMetadataMap ErrorMetadata(const absl::Status& status) { return ErrorInfoOf(status).metadata; }

absl::Status WithContext(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  std::string message(context);
  message += ": ";
  message += static_cast<std::string>(status.message());
  absl::Status result(status.code(), ToValidUtf8(message, kMaxErrorMessageBytes));
  status.ForEachPayload([&result](absl::string_view type_url, const absl::Cord& payload) {
    result.SetPayload(type_url, payload);
  });
  return result;
}

std::string StatusCodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

std::string DescribeError(const absl::Status& status) {
  std::string text = StatusCodeName(status.code());
  if (status.ok()) return text;
  const std::string reason = ErrorReason(status);
  if (!reason.empty()) text += " " + reason;
  text += ": " + static_cast<std::string>(status.message());
  std::string separator = " {";
  for (const auto& [name, value] : ErrorMetadata(status)) {
    text.append(separator).append(name).append("=").append(value);
    separator = ", ";
  }
  if (separator == ", ") text += "}";
  return text;
}

}  // namespace understudy
