#include "common/document/identifiers.h"

#include <algorithm>

#include "common/status/status.h"
#include "common/status/utf8.h"

namespace understudy {
namespace {

constexpr std::string_view kDutyPrefix = "duties/";

absl::Status Invalid(const char* reason, const std::string& what, std::string_view value,
                     const std::string& rule) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason,
                   what + " \"" + ToValidUtf8(value, 128) + "\" must be " + rule,
                   {{"value", std::string(value)}});
}

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLowerOrDigit(char c) { return IsLower(c) || IsDigit(c); }
bool IsLabelCharacter(char c) { return IsLowerOrDigit(c) || c == '-'; }
bool IsWordCharacter(char c) {
  return IsLowerOrDigit(c) || IsUpper(c) || c == '.' || c == '_' || c == '-';
}
bool IsNameCharacter(char c) { return IsWordCharacter(c) || c == '/'; }
bool IsChildCharacter(char c) { return IsWordCharacter(c) || c == ':'; }
bool IsPrintableAscii(char c) { return c >= 0x20 && c < 0x7F; }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

template <typename Predicate>
bool All(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

bool HasLength(std::string_view text, size_t low, size_t high) {
  return text.size() >= low && text.size() <= high;
}

bool IsLabel(std::string_view id) {
  return HasLength(id, 1, 63) && All(id, IsLabelCharacter) && IsLowerOrDigit(id.front()) &&
         IsLowerOrDigit(id.back());
}

bool HasGoodParts(std::string_view name) {
  while (true) {
    const size_t slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

bool IsOneLine(std::string_view text, size_t max_characters) {
  // The first test keeps the others short.
  if (text.size() > 4 * max_characters || !std::none_of(text.begin(), text.end(), IsControl)) {
    return false;
  }
  const std::optional<size_t> length = Utf8Length(text);
  return length.has_value() && *length <= max_characters;
}

constexpr char kLabelRule[] =
    "1 to 63 characters of [a-z0-9-], beginning and ending with a letter or digit";

}  // namespace

absl::Status CheckStationId(std::string_view id) {
  if (IsLabel(id)) return absl::OkStatus();
  return Invalid("INVALID_STATION_ID", "station id", id, kLabelRule);
}

absl::Status CheckDutyId(std::string_view id) {
  if (IsLabel(id)) return absl::OkStatus();
  return Invalid("INVALID_DUTY", "duty id", id, kLabelRule);
}

absl::Status CheckControlNodeId(std::string_view id) {
  if (IsLabel(id)) return absl::OkStatus();
  return Invalid("INVALID_NODE", "control node id", id, kLabelRule);
}

absl::Status CheckDocumentName(std::string_view name) {
  if (HasLength(name, 1, 200) && All(name, IsNameCharacter) && HasGoodParts(name)) {
    return absl::OkStatus();
  }
  return Invalid("INVALID_NAME", "document name", name,
                 "1 to 200 characters of [A-Za-z0-9._/-], with no empty, \".\" or \"..\" part "
                 "between slashes");
}

absl::Status CheckChildDeviceId(std::string_view id) {
  if (HasLength(id, 1, 128) && All(id, IsChildCharacter)) return absl::OkStatus();
  return Invalid("INVALID_CHILD_DEVICE_ID", "child device id", id,
                 "1 to 128 characters of [A-Za-z0-9._:-]");
}

absl::Status CheckRequestId(std::string_view id) {
  if (HasLength(id, 0, 64) && All(id, IsPrintableAscii)) return absl::OkStatus();
  return Invalid("INVALID_REQUEST_ID", "request id", id, "at most 64 printable ASCII characters");
}

absl::Status CheckAuthor(std::string_view author) {
  if (IsOneLine(author, 128)) return absl::OkStatus();
  return Invalid("INVALID_AUTHOR", "author", author, "one line of at most 128 characters of UTF-8");
}

absl::Status CheckComment(std::string_view comment) {
  if (IsOneLine(comment, 256)) return absl::OkStatus();
  return Invalid("INVALID_COMMENT", "comment", comment,
                 "one line of at most 256 characters of UTF-8");
}

std::string DutyDocumentName(std::string_view duty_id) {
  return std::string(kDutyPrefix) + std::string(duty_id);
}

std::optional<std::string> DutyOfDocument(std::string_view name) {
  if (!name.starts_with(kDutyPrefix)) return std::nullopt;
  const std::string_view id = name.substr(kDutyPrefix.size());
  if (!IsLabel(id)) return std::nullopt;
  return std::string(id);
}

}  // namespace understudy
