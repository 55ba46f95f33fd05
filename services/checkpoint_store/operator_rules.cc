#include "services/checkpoint_store/operator_rules.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/checkpoint_store/device_changes.h"

namespace understudy::checkpoint_store {
namespace {

using DevicePointer = std::shared_ptr<const Device>;

absl::StatusOr<DevicePointer> FindDevice(const RuleContext& context, const std::string& id) {
  DevicePointer device = context.view.FindById(id);
  if (device != nullptr) return device;
  return MakeError(absl::StatusCode::kNotFound, "DEVICE_NOT_FOUND",
                   absl::StrCat("there is no device ", id), {{"device_id", id}});
}

absl::Status CheckLength(const RuleContext& context, const Identifier& identifier) {
  const CheckpointPolicy& policy = context.policy;
  if (identifier.bits() >= kFullIdentifierBits) return absl::OkStatus();
  const bool is_allowed = identifier.bits() >= policy.min_identifier_bits;
  if (is_allowed && context.view.short_identifiers() < policy.max_short_identifiers) {
    return absl::OkStatus();
  }
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "IDENTIFIER_TOO_SHORT",
      is_allowed ? absl::StrCat(context.view.short_identifiers(),
                                " identifiers below 128 bits are alive, which is the limit")
                 : absl::StrCat("an identifier of ", identifier.bits(), " bits; expected at least ",
                                policy.min_identifier_bits),
      {{"bits", absl::StrCat(identifier.bits())}});
}

absl::Status CheckFree(const RuleContext& context, const Enrol& enrol) {
  if (context.view.IsTaken(enrol.identifier)) {
    return MakeError(absl::StatusCode::kAlreadyExists, "IDENTIFIER_TAKEN",
                     "the identifier is taken");
  }
  if (!enrol.device_id.empty() && context.view.FindById(enrol.device_id) != nullptr) {
    return MakeError(absl::StatusCode::kAlreadyExists, "DEVICE_EXISTS",
                     absl::StrCat("there is a device ", enrol.device_id, " already"),
                     {{"device_id", enrol.device_id}});
  }
  if (context.view.device_count() < context.policy.max_devices) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_DEVICES",
                   absl::StrCat("there are ", context.view.device_count(),
                                " devices, which is the limit"),
                   {{"limit", absl::StrCat(context.policy.max_devices)}});
}

// "device-<number>", with a number whose name nobody has taken.
std::string ChooseId(const RuleContext& context, DeviceNumber& number) {
  std::string id = absl::StrCat("device-", number);
  while (context.view.FindById(id) != nullptr) id = absl::StrCat("device-", ++number);
  return id;
}

Event MakeEvent(Event::Kind kind, const Device& device, absl::Time time, std::string text) {
  return {.kind = kind,
          .device_id = device.id,
          .time = time,
          .generation = device.generation,
          .text = std::move(text)};
}

Device MakeDevice(const RuleContext& context, const Enrol& enrol, CommandWrites& writes) {
  Device device;
  device.number = writes.counters.device_number + 1;
  device.id = enrol.device_id.empty() ? ChooseId(context, device.number) : enrol.device_id;
  writes.counters.device_number = device.number;
  device.current = enrol.identifier;
  device.next = DrawFree(context);
  while (device.next == device.current) device.next = DrawFree(context);
  device.enrolled_by = enrol.operator_name;
  device.enrolled_at = enrol.time;
  return device;
}

// Drops what waits; one that was taken is only remembered.
void DropStaged(Device& device, CommandWrites& writes) {
  if (device.staged.has_value() && device.staged->is_waiting()) {
    writes.EraseContentOf(device.number, device.staged->slot);
  }
  device.staged.reset();
}

absl::Status CheckStage(const RuleContext& context, const Device& device, const Stage& stage) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckNotRevoked(device));
  UNDERSTUDY_RETURN_IF_ERROR(CheckExpected(device, stage.expected_generation));
  UNDERSTUDY_RETURN_IF_ERROR(CheckNames(context.policy, device, stage.name));
  return CheckSize(context.policy, stage.content.size());
}

}  // namespace

absl::StatusOr<EnrolOutcome> DecideEnrol(const RuleContext& context, Enrol enrol,
                                         CommandWrites& writes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckSize(context.policy, enrol.content.size()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckFree(context, enrol));
  UNDERSTUDY_RETURN_IF_ERROR(CheckLength(context, enrol.identifier));
  Device device = MakeDevice(context, enrol, writes);
  Generation first{.number = 1,
                   .slot = ++device.slot,
                   .size = enrol.content.size(),
                   .sha256 = enrol.sha256,
                   .content_type = KeptContentType(enrol.content_type),
                   .origin = Origin::kOperator,
                   .stored_at = enrol.time};
  writes.WriteContentOf(device.number, first.slot, std::move(enrol.content));
  AddGeneration(context, std::move(first), device, writes);
  writes.events.push_back(MakeEvent(Event::Kind::kEnrolled, device, enrol.time,
                                    absl::StrCat("enrolled by ", enrol.operator_name)));
  EnrolOutcome outcome{device.id, device.generation};
  writes.Write(std::move(device));
  return outcome;
}

absl::StatusOr<StagedChange> DecideStage(const RuleContext& context, Stage stage,
                                         CommandWrites& writes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const DevicePointer found, FindDevice(context, stage.device_id));
  UNDERSTUDY_RETURN_IF_ERROR(CheckStage(context, *found, stage));
  Device device = *found;
  DropStaged(device, writes);
  device.staged = StagedChange{.name = stage.name,
                               .slot = ++device.slot,
                               .size = stage.content.size(),
                               .sha256 = stage.sha256,
                               .content_type = KeptContentType(stage.content_type),
                               .operator_name = stage.operator_name,
                               .staged_at = stage.time};
  writes.WriteContentOf(device.number, device.slot, std::move(stage.content));
  writes.events.push_back(MakeEvent(Event::Kind::kStaged, device, stage.time,
                                    absl::StrCat("staged by ", stage.operator_name)));
  StagedChange staged = *device.staged;
  writes.Write(std::move(device));
  return staged;
}

absl::StatusOr<StagedChange> DecideWithdraw(const RuleContext& context, const Withdraw& withdraw,
                                            CommandWrites& writes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const DevicePointer found, FindDevice(context, withdraw.device_id));
  if (!found->staged.has_value()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NOTHING_STAGED",
                     absl::StrCat("nothing is staged for ", found->id));
  }
  StagedChange staged = *found->staged;
  if (!staged.is_waiting()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "ALREADY_TAKEN",
                     absl::StrCat(found->id, " has taken the staged change as generation ",
                                  staged.generation, "; stage another one"),
                     {{"generation", absl::StrCat(staged.generation)}});
  }
  Device device = *found;
  DropStaged(device, writes);
  writes.events.push_back(MakeEvent(Event::Kind::kWithdrawn, device, withdraw.time,
                                    "the staged change was withdrawn"));
  writes.Write(std::move(device));
  return staged;
}

absl::Status DecideRevoke(const RuleContext& context, const Revoke& revoke, CommandWrites& writes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const DevicePointer found, FindDevice(context, revoke.device_id));
  Device device = *found;
  for (const Generation& kept : device.kept) writes.EraseContentOf(device.number, kept.slot);
  device.kept.clear();
  DropStaged(device, writes);
  device.revoked = true;
  writes.events.push_back(MakeEvent(Event::Kind::kRevoked, device, revoke.time,
                                    revoke.purge ? "revoked and forgotten" : "revoked"));
  if (revoke.purge) {
    writes.mutations.emplace_back(EraseDevice{device.number});
  } else {
    writes.Write(std::move(device));
  }
  return absl::OkStatus();
}

}  // namespace understudy::checkpoint_store
