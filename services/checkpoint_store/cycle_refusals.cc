#include "services/checkpoint_store/cycle_refusals.h"

#include "common/status/status.h"

namespace understudy::checkpoint_store {

absl::Status UnknownIdentifier() {
  return MakeError(absl::StatusCode::kNotFound, "UNKNOWN_IDENTIFIER",
                   "no device has this identifier");
}

absl::Status DeadIdentifier() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "DEAD_IDENTIFIER",
                   "a checkpoint was stored under a later identifier");
}

absl::Status NotStoredYet() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_STORED_YET",
                   "nothing was stored under this identifier; the one before is still good");
}

absl::Status ClaimedByAnother() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "CLAIMED_BY_ANOTHER",
                   "the identifier belongs to a device with another claim");
}

bool IsForeign(const Device& device, const Identifier& claim) {
  return !device.claim.empty() && device.claim != claim;
}

}  // namespace understudy::checkpoint_store
