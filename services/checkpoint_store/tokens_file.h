#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TOKENS_FILE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TOKENS_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/checkpoint_store/operator_directory.h"

namespace understudy::checkpoint_store {

// Keeps an operator directory's tokens as a file has them (OperatorDirectory::ParseTokens). Not
// thread-safe; the directory is.
class TokensFile {
 public:
  // `operators` must outlive the object.
  TokensFile(std::string path, OperatorDirectory& operators)
      : path_(std::move(path)), operators_(operators) {}

  // Looks at the file, and takes up what has changed. True when something was taken up; an error
  // leaves the old tokens in use.
  //   FAILED_PRECONDITION BAD_TOKENS  when it cannot be read
  //   INVALID_ARGUMENT    BAD_TOKENS  with the line that is none
  absl::StatusOr<bool> Refresh();

 private:
  const std::string path_;
  OperatorDirectory& operators_;
  // What was taken up, hashed; empty before the first time.
  std::string seen_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TOKENS_FILE_H_
