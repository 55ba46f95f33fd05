#ifndef UNDERSTUDY_COMMON_STATUS_STATUS_H_
#define UNDERSTUDY_COMMON_STATUS_STATUS_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace understudy {

// Errors that a program can act on: an absl::Status that carries a google.rpc.ErrorInfo as its
// payload. Choose the code by what the caller should do next, the reason by what went wrong. The
// domain is left empty here; the service that sends the error fills it in (grpc_status.h).
//
// All functions are thread-safe. Text that is not UTF-8 is made so, and what is longer than a
// limit is cut, because an error may quote what a stranger sent.

inline constexpr size_t kMaxErrorMessageBytes = 1024;
inline constexpr size_t kMaxErrorMetadataValueBytes = 256;
// More entries than this are dropped, last names first.
inline constexpr size_t kMaxErrorMetadataEntries = 16;

using ErrorMetadataMap = std::map<std::string, std::string>;

// `reason` is UPPER_SNAKE_CASE and named in the service's .proto. `message` carries identifiers,
// expectation and finding. `metadata` holds the facts that a program may act on. `code` must be an
// error; kOk would lose the error, so it becomes kInternal.
absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const ErrorMetadataMap& metadata = {});

// Empty when the status carries none (also when it is OK).
std::string ErrorReason(const absl::Status& status);
std::string ErrorDomain(const absl::Status& status);
ErrorMetadataMap ErrorMetadata(const absl::Status& status);

// The same error with "`context`: " before its message; OK stays OK.
absl::Status WithContext(const absl::Status& status, std::string_view context);

// The code as gRPC spells it, e.g. "INVALID_ARGUMENT".
std::string StatusCodeName(absl::StatusCode code);

// For logs and people: "INVALID_ARGUMENT INVALID_NAME: message {key=value}".
std::string DescribeError(const absl::Status& status);

namespace status_internal {

// Where the ErrorInfo lies among the payloads of a status.
inline constexpr char kErrorInfoTypeUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";

}  // namespace status_internal
}  // namespace understudy

// Returns from the function when `expression` (an absl::Status) is an error.
#define UNDERSTUDY_RETURN_IF_ERROR(expression)                                      \
  do {                                                                              \
    if (absl::Status understudy_status_ = (expression); !understudy_status_.ok()) { \
      return understudy_status_;                                                    \
    }                                                                               \
  } while (false)

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.

// Assigns the value of `expression` (an absl::StatusOr) to `target`, which may be a declaration, or
// returns its error from the function. `target` must hold no comma outside parentheses.
#define UNDERSTUDY_ASSIGN_OR_RETURN(target, expression)                                         \
  UNDERSTUDY_ASSIGN_OR_RETURN_IMPL_(UNDERSTUDY_STATUS_CONCAT_(understudy_status_or_, __LINE__), \
                                    target, expression)
#define UNDERSTUDY_ASSIGN_OR_RETURN_IMPL_(result, target, expression) \
  auto result = (expression);                                         \
  if (!result.ok()) return result.status();                           \
  target = *std::move(result)
#define UNDERSTUDY_STATUS_CONCAT_(a, b) UNDERSTUDY_STATUS_CONCAT_IMPL_(a, b)
#define UNDERSTUDY_STATUS_CONCAT_IMPL_(a, b) a##b

// NOLINTEND(bugprone-macro-parentheses)

#endif  // UNDERSTUDY_COMMON_STATUS_STATUS_H_
