#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHANGES_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHANGES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "services/checkpoint_store/command_writes.h"

// Steps that several rules share. Each works on a copy of a device that is written afterwards.
namespace understudy::checkpoint_store {

// An identifier that nobody has.
Identifier DrawFree(const RuleContext& context);

// Makes `generation` (whose number and slot are set) the device's latest, and erases those of its
// name beyond the policy.
void AddGeneration(const RuleContext& context, Generation generation, Device& device,
                   CommandWrites& writes);

// FAILED_PRECONDITION TOO_MANY_NAMES when `name` would be one too many.
absl::Status CheckNames(const CheckpointPolicy& policy, const Device& device,
                        std::string_view name);

// ABORTED GENERATION_MISMATCH unless nothing or the latest generation is expected.
absl::Status CheckExpected(const Device& device, std::optional<GenerationNumber> expected);

// INVALID_ARGUMENT CHECKPOINT_TOO_LARGE (metadata: limit_bytes).
absl::Status CheckSize(const CheckpointPolicy& policy, size_t bytes);

// FAILED_PRECONDITION DEVICE_REVOKED.
absl::Status CheckNotRevoked(const Device& device);

// Counts a suspicion against the device, and tells of it.
void RaiseSuspicion(const Device& device, Event::Kind kind, const std::string& source,
                    absl::Time time, std::string text, CommandWrites& writes);

// The content type as it is kept: the default is left out.
std::string KeptContentType(std::string_view content_type);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHANGES_H_
