#include "services/config_vault/page_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

constexpr uint32_t kDefaultPageSize = 100;
constexpr uint32_t kMaxPageSize = 1000;
constexpr size_t kMaxTokenBytes = 1024;
constexpr size_t kCheckBytes = 6;

// Binds a position to its listing.
std::string Check(std::string_view listing, std::string_view position) {
  std::string bytes = "page token 1";
  bytes += '\0';
  bytes += listing;
  bytes += '\0';
  bytes += position;
  return Sha256ToBytes(Sha256Of(bytes)).substr(0, kCheckBytes);
}

}  // namespace

std::string MakePageToken(std::string_view listing, std::string_view position) {
  return absl::WebSafeBase64Escape(Check(listing, position) + std::string(position));
}

absl::StatusOr<std::string> ReadPageToken(std::string_view listing, std::string_view token) {
  std::string bytes;
  if (token.size() <= kMaxTokenBytes &&
      absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &bytes) &&
      bytes.size() >= kCheckBytes) {
    std::string position = bytes.substr(kCheckBytes);
    if (bytes.substr(0, kCheckBytes) == Check(listing, position)) return position;
  }
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PAGE_TOKEN",
                   "the page token is not one that this listing gave");
}

absl::StatusOr<uint32_t> ReadPageSize(uint32_t asked) {
  if (asked == 0) return kDefaultPageSize;
  if (asked <= kMaxPageSize) return asked;
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PAGE_SIZE",
                   absl::StrCat("expected a page size of 1 to ", kMaxPageSize, ", found ", asked));
}

}  // namespace understudy::config_vault
