#include "services/checkpoint_store/operator_directory.h"

#include <sodium.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/checkpoint_store/request_rules.h"

namespace understudy::checkpoint_store {
namespace {

constexpr std::string_view kSpace = " \t\r";

// The next line of `text`, without space around it.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
  const size_t last = line.find_last_not_of(kSpace);
  return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

std::optional<OperatorDirectory::Token> ParseToken(std::string_view line) {
  const size_t space = line.find_first_of(kSpace);
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view name = line.substr(0, space);
  const std::string_view rest = line.substr(space);
  const auto digest = Sha256FromHex(rest.substr(rest.find_first_not_of(kSpace)));
  if (!digest.has_value() || !CheckDeviceId(name).ok()) return std::nullopt;
  return OperatorDirectory::Token{std::string(name), *digest};
}

}  // namespace

absl::StatusOr<std::vector<OperatorDirectory::Token>> OperatorDirectory::ParseTokens(
    std::string_view text) {
  std::vector<Token> tokens;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = TakeLine(text);
    if (line.empty() || line.front() == '#') continue;
    std::optional<Token> token = ParseToken(line);
    if (!token.has_value()) {
      return MakeError(absl::StatusCode::kInvalidArgument, "BAD_TOKENS",
                       absl::StrCat("line ", number,
                                    ": expected a name and the 64 hexadecimal digits of a "
                                    "token's SHA-256"));
    }
    tokens.push_back(*std::move(token));
  }
  return tokens;
}

std::optional<std::string> OperatorDirectory::ByToken(std::string_view token) const {
  const Sha256 digest = Sha256Of(token);
  absl::MutexLock lock(&mutex_);
  const Token* found = nullptr;
  for (const Token& known : tokens_) {
    if (sodium_memcmp(known.sha256.data(), digest.data(), digest.size()) == 0) found = &known;
  }
  return found == nullptr ? std::nullopt : std::make_optional(found->name);
}

void OperatorDirectory::SetTokens(std::vector<Token> tokens) {
  absl::MutexLock lock(&mutex_);
  tokens_ = std::move(tokens);
}

std::optional<std::string> OperatorDirectory::ByCertificate(std::string_view common_name) const {
  const auto known =
      std::find(certificate_names_.begin(), certificate_names_.end(), common_name);
  return known == certificate_names_.end() ? std::nullopt : std::make_optional(*known);
}

}  // namespace understudy::checkpoint_store
