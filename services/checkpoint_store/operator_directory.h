#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_OPERATOR_DIRECTORY_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_OPERATOR_DIRECTORY_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/document/sha256.h"

namespace understudy::checkpoint_store {

// Who is an operator: by the common name of a client certificate that the site's authority signed,
// or by a bearer token. Of tokens only the SHA-256 is kept; they must be random (`openssl rand -hex
// 32`), so that no slow hash is needed. Thread-safe.
class OperatorDirectory {
 public:
  struct Token {
    std::string name = {};
    Sha256 sha256{};
  };
  OperatorDirectory(std::vector<std::string> certificate_names, std::vector<Token> tokens)
      : certificate_names_(std::move(certificate_names)), tokens_(std::move(tokens)) {}

  // Reads lines of `NAME SHA256`, 64 hexadecimal digits each; empty lines and those that begin with
  // # are left out. INVALID_ARGUMENT BAD_TOKENS with the line.
  static absl::StatusOr<std::vector<Token>> ParseTokens(std::string_view text);

  // The operator's name; nothing when it is none. The token is compared with all, in constant time.
  std::optional<std::string> ByToken(std::string_view token) const;
  std::optional<std::string> ByCertificate(std::string_view common_name) const;

  // From now on these tokens count, and no others.
  void SetTokens(std::vector<Token> tokens);

 private:
  const std::vector<std::string> certificate_names_;
  mutable absl::Mutex mutex_;
  std::vector<Token> tokens_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_OPERATOR_DIRECTORY_H_
