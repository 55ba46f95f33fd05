#include "services/checkpoint_store/device_changes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::checkpoint_store {

Identifier DrawFree(const RuleContext& context) {
  Identifier drawn = context.source.Draw();
  while (context.view.IsTaken(drawn)) drawn = context.source.Draw();
  return drawn;
}

void AddGeneration(const RuleContext& context, Generation generation, Device& device,
                   CommandWrites& writes) {
  device.generation = generation.number;
  const std::string name = generation.name;
  device.kept.push_back(std::move(generation));
  const auto has_name = [&](const Generation& kept) { return kept.name == name; };
  auto of_name = static_cast<size_t>(
      std::count_if(device.kept.begin(), device.kept.end(), has_name));
  for (; of_name > context.policy.keep_generations; --of_name) {
    const auto oldest = std::find_if(device.kept.begin(), device.kept.end(), has_name);
    writes.EraseContentOf(device.number, oldest->slot);
    device.kept.erase(oldest);
  }
}

absl::Status CheckNames(const CheckpointPolicy& policy, const Device& device,
                        std::string_view name) {
  if (LatestOf(device, name) != nullptr) return absl::OkStatus();
  std::vector<std::string_view> names;
  for (const Generation& kept : device.kept) names.push_back(kept.name);
  std::sort(names.begin(), names.end());
  const auto distinct =
      static_cast<size_t>(std::unique(names.begin(), names.end()) - names.begin());
  if (distinct < policy.max_names) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_NAMES",
                   absl::StrCat("the device has checkpoints under ", distinct,
                                " names already, which is the limit"),
                   {{"limit", absl::StrCat(policy.max_names)}});
}

absl::Status CheckExpected(const Device& device, std::optional<GenerationNumber> expected) {
  if (!expected.has_value() || *expected == device.generation) return absl::OkStatus();
  return MakeError(absl::StatusCode::kAborted, "GENERATION_MISMATCH",
                   absl::StrCat("the device's latest generation is ", device.generation,
                                ", expected was ", *expected),
                   {{"current_generation", absl::StrCat(device.generation)}});
}

absl::Status CheckSize(const CheckpointPolicy& policy, size_t bytes) {
  if (bytes <= policy.max_checkpoint_bytes) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "CHECKPOINT_TOO_LARGE",
                   absl::StrCat("a checkpoint of ", bytes, " bytes; the limit is ",
                                policy.max_checkpoint_bytes),
                   {{"limit_bytes", absl::StrCat(policy.max_checkpoint_bytes)}});
}

absl::Status CheckNotRevoked(const Device& device) {
  if (!device.revoked) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "DEVICE_REVOKED",
                   "an operator has revoked this device");
}

void RaiseSuspicion(const Device& device, Event::Kind kind, const std::string& source,
                    absl::Time time, std::string text, CommandWrites& writes) {
  Device changed = device;
  ++changed.suspicions;
  writes.events.push_back({.kind = kind,
                           .device_id = device.id,
                           .time = time,
                           .generation = device.generation,
                           .source = source,
                           .text = std::move(text)});
  writes.Write(std::move(changed));
}

std::string KeptContentType(std::string_view content_type) {
  return content_type == kDefaultContentType ? std::string() : std::string(content_type);
}

}  // namespace understudy::checkpoint_store
