#include "services/checkpoint_store/tokens_file.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::checkpoint_store {

absl::StatusOr<bool> TokensFile::Refresh() {
  std::ifstream file(path_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.good() && !file.eof()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "BAD_TOKENS", "cannot read " + path_);
  }
  std::string fingerprint = Sha256ToBytes(Sha256Of(text));
  if (fingerprint == seen_) return false;
  auto tokens = OperatorDirectory::ParseTokens(text);
  if (!tokens.ok()) return WithContext(tokens.status(), path_);
  operators_.SetTokens(*std::move(tokens));
  seen_ = std::move(fingerprint);
  return true;
}

}  // namespace understudy::checkpoint_store
