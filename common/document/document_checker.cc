#include "common/document/document_checker.h"

#include <algorithm>
#include <string>

#include "common/document/compression.h"
#include "common/document/json_reader.h"
#include "common/document/json_scan.h"
#include "common/status/status.h"
#include "common/status/utf8.h"

namespace understudy {
namespace {

constexpr size_t kMaxContentTypeLength = 127;
absl::Status CheckJson(std::string_view content) {
  // Nearly all are good, which is seen much faster than what is wrong with one that is not.
  if (IsSurelyGoodJson(content, kMaxJsonDepth)) return absl::OkStatus();
  return ReadJson(content, kMaxJsonDepth);
}

bool IsContentTypeCharacter(char c) {
  constexpr std::string_view kOthers = "!#$&-^_.+";
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

bool IsContentType(std::string_view type) {
  const size_t slash = type.find('/');
  if (type.size() > kMaxContentTypeLength || slash == std::string_view::npos) return false;
  const auto is_good = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), IsContentTypeCharacter);
  };
  return is_good(type.substr(0, slash)) && is_good(type.substr(slash + 1));
}

}  // namespace

absl::Status CheckDocument(std::string_view content_type, std::string_view content) {
  if (!content_type.empty() && !IsContentType(content_type)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_CONTENT_TYPE",
                     "content type \"" + ToValidUtf8(content_type, 128) +
                         "\" must be type/subtype in lower case, without parameters");
  }
  if (content.size() > kMaxDocumentBytes) {
    return MakeError(absl::StatusCode::kResourceExhausted, "DOCUMENT_TOO_LARGE",
                     "the document has " + std::to_string(content.size()) +
                         " bytes; a document is at most " + std::to_string(kMaxDocumentBytes) +
                         " bytes",
                     {{"limit_bytes", std::to_string(kMaxDocumentBytes)}});
  }
  if (!content_type.empty() && content_type != kJsonContentType) return absl::OkStatus();
  return CheckJson(content);
}

}  // namespace understudy
