#ifndef UNDERSTUDY_COMMON_STATUS_ERROR_INFO_H_
#define UNDERSTUDY_COMMON_STATUS_ERROR_INFO_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace understudy {

// google.rpc.ErrorInfo (protos/google/rpc/error_details.proto) without protobuf: errors are made
// deep in pure cores, which reach no protobuf. Its three fields are few enough to be written and
// read by hand; a test holds this against the generated code.
struct ErrorInfo {
  std::string reason;
  std::string domain;
  std::map<std::string, std::string> metadata;

  friend bool operator==(const ErrorInfo&, const ErrorInfo&) = default;
};

// The message's bytes on the wire. All text must be UTF-8.
std::string EncodeErrorInfo(const ErrorInfo& info);
// Skips fields that it does not know; nothing when `bytes` is malformed.
std::optional<ErrorInfo> DecodeErrorInfo(std::string_view bytes);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_STATUS_ERROR_INFO_H_
