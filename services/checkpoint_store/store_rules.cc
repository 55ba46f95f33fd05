#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/checkpoint_store/cycle_refusals.h"
#include "services/checkpoint_store/cycle_rules.h"
#include "services/checkpoint_store/delta/delta.h"
#include "services/checkpoint_store/device_changes.h"

namespace understudy::checkpoint_store {
namespace {

// How much the latest interval counts in the smoothed one.
constexpr double kIntervalWeight = 0.25;

// The latest checkpoint that the device itself stored: under its current identifier.
const Generation* LastStored(const Device& device) {
  if (device.cycles == 0) return nullptr;
  const auto last = std::find_if(
      device.kept.rbegin(), device.kept.rend(),
      [](const Generation& generation) { return generation.origin == Origin::kDevice; });
  return last == device.kept.rend() ? nullptr : &*last;
}

absl::StatusOr<StoreOutcome> Repeat(const Device& device, const Store& store) {
  const Generation* const last = LastStored(device);
  if (last != nullptr && last->name == store.name && last->sha256 == store.sha256) {
    return StoreOutcome{last->number, device.next, /*repeated=*/true};
  }
  return MakeError(absl::StatusCode::kFailedPrecondition, "ALREADY_STORED",
                   "another checkpoint was stored under this identifier; use the next one");
}

absl::Status BaseNotKept(GenerationNumber base) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "BASE_NOT_KEPT",
                   absl::StrCat("generation ", base,
                                ", which the delta changes, is not kept under this name"));
}

// The whole checkpoint in place of its delta, of the base's type.
absl::Status ApplyDeltaTo(const RuleContext& context, const Device& device, Store& store) {
  const Generation* const base = FindGeneration(device, store.name, *store.base_generation);
  if (base == nullptr) return BaseNotKept(*store.base_generation);
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string before,
                              context.view.ReadContent(device.number, base->slot));
  UNDERSTUDY_ASSIGN_OR_RETURN(
      store.content, ApplyDelta(before, store.content, context.policy.max_checkpoint_bytes));
  store.content_type = base->content_type;
  if (Sha256Of(store.content) == store.sha256) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "HASH_MISMATCH",
                   "what the delta makes of its base has another hash than the request tells");
}

absl::Status CheckStore(const RuleContext& context, const Device& device, Store& store) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckExpected(device, store.expected_generation));
  UNDERSTUDY_RETURN_IF_ERROR(CheckNames(context.policy, device, store.name));
  if (store.base_generation.has_value()) {
    UNDERSTUDY_RETURN_IF_ERROR(ApplyDeltaTo(context, device, store));
  }
  return CheckSize(context.policy, store.content.size());
}

void MoveIdentifiers(const RuleContext& context, Device& device) {
  device.dead.insert(device.dead.begin(), device.current);
  if (device.dead.size() > context.policy.keep_dead_identifiers) {
    device.dead.resize(context.policy.keep_dead_identifiers);
  }
  device.current = device.next;
  device.next = DrawFree(context);
}

void CountCycle(const Store& store, Device& device) {
  if (device.cycles > 0) {
    const absl::Duration interval =
        std::max(store.time - device.last_cycle, absl::ZeroDuration());
    device.learned_interval = device.learned_interval == absl::ZeroDuration()
                                  ? interval
                                  : (1 - kIntervalWeight) * device.learned_interval +
                                        kIntervalWeight * interval;
  }
  ++device.cycles;
  device.last_cycle = store.time;
  device.told_interval = store.next_wake;
  if (store.battery.empty()) return;
  device.battery = store.battery;
  device.battery_at = store.time;
}

Event MakeEvent(Event::Kind kind, const Store& store, const Device& device, std::string text) {
  return {.kind = kind,
          .device_id = device.id,
          .time = store.time,
          .generation = device.generation,
          .source = store.source,
          .text = std::move(text)};
}

void ConfirmStaged(const Store& store, Device& device, CommandWrites& writes) {
  if (!device.staged.has_value() || device.staged->is_waiting()) return;
  if (device.staged->confirmed_at.has_value()) return;
  device.staged->confirmed_at = store.time;
  writes.events.push_back(MakeEvent(Event::Kind::kStagedConfirmed, store, device,
                                    "the device stored a checkpoint after the staged change"));
}

StoreOutcome Accept(const RuleContext& context, Store store, Device device, CommandWrites& writes) {
  MoveIdentifiers(context, device);
  CountCycle(store, device);
  if (device.claim.empty()) device.claim = store.claim;
  Generation generation{.number = device.generation + 1,
                        .name = store.name,
                        .slot = ++device.slot,
                        .size = store.content.size(),
                        .sha256 = store.sha256,
                        .content_type = KeptContentType(store.content_type),
                        .origin = Origin::kDevice,
                        .stored_at = store.time};
  writes.WriteContentOf(device.number, generation.slot, std::move(store.content));
  AddGeneration(context, std::move(generation), device, writes);
  ConfirmStaged(store, device, writes);
  writes.events.push_back(MakeEvent(Event::Kind::kCycle, store, device, ""));
  const StoreOutcome outcome{device.generation, device.next, /*repeated=*/false};
  writes.Write(std::move(device));
  return outcome;
}

}  // namespace

absl::StatusOr<StoreOutcome> DecideStore(const RuleContext& context, Store store,
                                         CommandWrites& writes) {
  const std::shared_ptr<const Device> device = context.view.FindByIdentifier(store.identifier);
  if (device == nullptr) return UnknownIdentifier();
  UNDERSTUDY_RETURN_IF_ERROR(CheckNotRevoked(*device));
  const bool is_next = store.identifier == device->next;
  if (!is_next && store.identifier != device->current) {
    RaiseSuspicion(*device, Event::Kind::kDeadPost, store.source, store.time,
                   "POST on a dead identifier", writes);
    return DeadIdentifier();
  }
  if (IsForeign(*device, store.claim)) {
    RaiseSuspicion(*device, Event::Kind::kForeignClaim, store.source, store.time,
                   "POST with the claim of another, or none", writes);
    return ClaimedByAnother();
  }
  if (!is_next) return Repeat(*device, store);
  UNDERSTUDY_RETURN_IF_ERROR(CheckStore(context, *device, store));
  return Accept(context, std::move(store), *device, writes);
}

}  // namespace understudy::checkpoint_store
