#ifndef UNDERSTUDY_COMMON_DOCUMENT_IDENTIFIERS_H_
#define UNDERSTUDY_COMMON_DOCUMENT_IDENTIFIERS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace understudy {

// The rules for names that people and machines give to things, as the protos state them. Each check
// answers OK or INVALID_ARGUMENT with the reason named beside it (metadata: value).

// INVALID_STATION_ID: 1 to 63 characters of [a-z0-9-], beginning and ending with a letter or digit.
absl::Status CheckStationId(std::string_view id);
// INVALID_DUTY: as a station's id.
absl::Status CheckDutyId(std::string_view id);
// INVALID_NODE: as a station's id.
absl::Status CheckControlNodeId(std::string_view id);
// INVALID_NAME: 1 to 200 characters of [A-Za-z0-9._/-]; no empty, "." or ".." part between slashes.
absl::Status CheckDocumentName(std::string_view name);
// INVALID_CHILD_DEVICE_ID: 1 to 128 characters of [A-Za-z0-9._:-].
absl::Status CheckChildDeviceId(std::string_view id);
// INVALID_REQUEST_ID: at most 64 printable ASCII characters; "" means that there is none.
absl::Status CheckRequestId(std::string_view id);
// INVALID_AUTHOR: at most 128 characters of UTF-8 without control characters; may be empty.
absl::Status CheckAuthor(std::string_view author);
// INVALID_COMMENT: at most 256 characters of UTF-8 without control characters; may be empty.
absl::Status CheckComment(std::string_view comment);

// The name of a duty's document: "duties/<duty id>".
std::string DutyDocumentName(std::string_view duty_id);
// The duty whose document `name` is; nothing when it is no duty's.
std::optional<std::string> DutyOfDocument(std::string_view name);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_DOCUMENT_IDENTIFIERS_H_
