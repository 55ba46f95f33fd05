#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_GUESS_REASONS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_GUESS_REASONS_H_

#include "absl/status/status.h"
#include "common/status/status.h"

namespace understudy::checkpoint_store {

// Whether this answer says that the request was a guess, of an identifier or of a token.
inline bool IsGuess(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  return reason == "UNKNOWN_IDENTIFIER" || reason == "DEAD_IDENTIFIER" ||
         reason == "INVALID_IDENTIFIER" || reason == "NOT_AUTHENTICATED";
}

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_GUESS_REASONS_H_
