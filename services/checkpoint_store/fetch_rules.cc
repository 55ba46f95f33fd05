#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/checkpoint_store/cycle_refusals.h"
#include "services/checkpoint_store/cycle_rules.h"
#include "services/checkpoint_store/device_changes.h"

namespace understudy::checkpoint_store {
namespace {

bool TakesStaged(const Device& device, const Fetch& fetch) {
  return fetch.generation == 0 && device.staged.has_value() && device.staged->is_waiting() &&
         device.staged->name == fetch.name;
}

// The staged change becomes the latest generation.
void TakeStaged(const RuleContext& context, const Fetch& fetch, Device& device,
                CommandWrites& writes) {
  StagedChange& staged = *device.staged;
  Generation generation{.number = device.generation + 1,
                        .name = staged.name,
                        .slot = std::exchange(staged.slot, 0),
                        .size = staged.size,
                        .sha256 = staged.sha256,
                        .content_type = staged.content_type,
                        .origin = Origin::kOperator,
                        .stored_at = staged.staged_at};
  staged.taken_at = fetch.time;
  staged.generation = generation.number;
  AddGeneration(context, std::move(generation), device, writes);
  writes.events.push_back({.kind = Event::Kind::kStagedTaken,
                           .device_id = device.id,
                           .time = fetch.time,
                           .generation = device.generation,
                           .source = fetch.source,
                           .text = "the device took the staged change"});
}

absl::Status NotHere(const Device& device, std::string_view reason, std::string message) {
  return MakeError(absl::StatusCode::kNotFound, reason, message,
                   {{"next_identifier", device.next.ToHex()}});
}

}  // namespace

FetchExamination ExamineFetch(const CheckpointView& view, const Fetch& fetch) {
  FetchExamination found{.device = view.FindByIdentifier(fetch.identifier)};
  if (found.device == nullptr) {
    found.status = UnknownIdentifier();
    return found;
  }
  const Device& device = *found.device;
  found.status = CheckNotRevoked(device);
  if (!found.status.ok()) return found;
  const bool is_current = fetch.identifier == device.current;
  if (!is_current && fetch.identifier != device.next) {
    found.status = DeadIdentifier();
    found.suspicion = Event::Kind::kDeadGet;
  } else if (IsForeign(device, fetch.claim)) {
    found.status = ClaimedByAnother();
    found.suspicion = Event::Kind::kForeignClaim;
  } else if (!is_current) {
    found.status = NotStoredYet();
  } else {
    found.takes_staged = TakesStaged(device, fetch);
    found.binds_claim = device.claim.empty() && !fetch.claim.empty();
  }
  return found;
}

absl::StatusOr<FetchOutcome> HandOut(const Device& device, const Fetch& fetch) {
  const Generation* found = LatestOf(device, fetch.name);
  if (found == nullptr) {
    return NotHere(device, "NO_SUCH_CHECKPOINT", "the device has stored nothing under this name");
  }
  if (fetch.generation != 0) found = FindGeneration(device, fetch.name, fetch.generation);
  if (found == nullptr) {
    return NotHere(device, "GENERATION_NOT_KEPT",
                   absl::StrCat("generation ", fetch.generation, " is not kept under this name"));
  }
  return FetchOutcome{device.number, device.next, *found};
}

absl::StatusOr<FetchOutcome> DecideFetch(const RuleContext& context, const Fetch& fetch,
                                         CommandWrites& writes) {
  const FetchExamination found = ExamineFetch(context.view, fetch);
  if (found.suspicion.has_value()) {
    RaiseSuspicion(*found.device, *found.suspicion, fetch.source, fetch.time,
                   *found.suspicion == Event::Kind::kDeadGet
                       ? "GET on a dead identifier"
                       : "GET with the claim of another, or none",
                   writes);
  }
  UNDERSTUDY_RETURN_IF_ERROR(found.status);
  if (!found.takes_staged && !found.binds_claim) return HandOut(*found.device, fetch);
  Device changed = *found.device;
  if (found.binds_claim) changed.claim = fetch.claim;
  if (found.takes_staged) TakeStaged(context, fetch, changed, writes);
  absl::StatusOr<FetchOutcome> outcome = HandOut(changed, fetch);
  writes.Write(std::move(changed));
  return outcome;
}

}  // namespace understudy::checkpoint_store
