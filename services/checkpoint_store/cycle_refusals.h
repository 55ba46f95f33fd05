#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CYCLE_REFUSALS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CYCLE_REFUSALS_H_

#include "absl/status/status.h"
#include "services/checkpoint_store/records.h"

// The refusals that GET and POST have in common.
namespace understudy::checkpoint_store {

absl::Status UnknownIdentifier();
absl::Status DeadIdentifier();
absl::Status NotStoredYet();
absl::Status ClaimedByAnother();

// Whether the device is claimed, and not by who asks.
bool IsForeign(const Device& device, const Identifier& claim);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CYCLE_REFUSALS_H_
