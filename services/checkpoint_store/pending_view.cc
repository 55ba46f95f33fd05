#include "services/checkpoint_store/pending_view.h"

#include <variant>

#include "common/status/status.h"
#include "services/checkpoint_store/checkpoint_policy.h"

namespace understudy::checkpoint_store {
namespace {

bool CountsAsShort(const Device& device) {
  return !device.revoked && !device.current.empty() && device.current.bits() < kFullIdentifierBits;
}

}  // namespace

PendingView::PendingView(const CheckpointView& base)
    : base_(base),
      counters_(base.ReadCounters()),
      device_count_(base.device_count()),
      short_identifiers_(base.short_identifiers()) {}

std::shared_ptr<const Device> PendingView::FindByIdentifier(const Identifier& identifier) const {
  if (const auto entry = identifiers_.find(identifier); entry != identifiers_.end()) {
    return entry->second == 0 ? nullptr : FindByNumber(entry->second);
  }
  const std::shared_ptr<const Device> found = base_.FindByIdentifier(identifier);
  return found == nullptr ? nullptr : FindByNumber(found->number);
}

bool PendingView::IsTaken(const Identifier& identifier) const {
  const auto entry = identifiers_.find(identifier);
  return entry != identifiers_.end() ? entry->second != 0 : base_.IsTaken(identifier);
}

std::shared_ptr<const Device> PendingView::FindByNumber(DeviceNumber number) const {
  const auto entry = devices_.find(number);
  return entry != devices_.end() ? entry->second : base_.FindByNumber(number);
}

std::shared_ptr<const Device> PendingView::FindById(std::string_view device_id) const {
  if (const auto entry = ids_.find(device_id); entry != ids_.end()) {
    return entry->second == 0 ? nullptr : FindByNumber(entry->second);
  }
  const std::shared_ptr<const Device> found = base_.FindById(device_id);
  return found == nullptr ? nullptr : FindByNumber(found->number);
}

absl::StatusOr<std::string> PendingView::ReadContent(DeviceNumber device, ContentSlot slot) const {
  const auto entry = content_.find({device, slot});
  if (entry == content_.end()) return base_.ReadContent(device, slot);
  if (entry->second != nullptr) return *entry->second;
  return MakeError(absl::StatusCode::kNotFound, "CONTENT_NOT_FOUND", "the content was erased");
}

void PendingView::Apply(const Mutation& mutation) {
  std::visit([this](const auto& change) { Set(change); }, mutation);
}

void PendingView::Set(const WriteDevice& write) {
  const std::shared_ptr<const Device> before = FindByNumber(write.device->number);
  if (before == nullptr) {
    Replace(Device(), *write.device);
    ids_[write.device->id] = write.device->number;
    ++device_count_;
  } else {
    Replace(*before, *write.device);
  }
  devices_[write.device->number] = write.device;
}

void PendingView::Set(const EraseDevice& erase) {
  const std::shared_ptr<const Device> before = FindByNumber(erase.number);
  if (before == nullptr) return;
  Replace(*before, Device());
  ids_[before->id] = 0;
  --device_count_;
  devices_[erase.number] = nullptr;
}

void PendingView::Set(const WriteContent& write) {
  content_[{write.device, write.slot}] = write.content;
}

void PendingView::Set(const EraseContent& erase) {
  content_[{erase.device, erase.slot}] = nullptr;
}

void PendingView::Replace(const Device& before, const Device& after) {
  ForEachIdentifierOnlyIn(before, after,
                          [&](const Identifier& identifier) { identifiers_[identifier] = 0; });
  ForEachIdentifierOnlyIn(after, before, [&](const Identifier& identifier) {
    identifiers_[identifier] = after.number;
  });
  short_identifiers_ += CountsAsShort(after) ? 1 : 0;
  short_identifiers_ -= CountsAsShort(before) ? 1 : 0;
}

}  // namespace understudy::checkpoint_store
