#include "services/checkpoint_store/device_directory.h"

#include <cmath>
#include <utility>
#include <variant>

#include "services/checkpoint_store/checkpoint_policy.h"

namespace understudy::checkpoint_store {
namespace {

constexpr size_t kDecoyDeadIdentifiers = 4;

// Has as many identifiers as a device in the middle of its life, none of which can be sent.
std::shared_ptr<const Device> MakeDecoy() {
  auto decoy = std::make_shared<Device>();
  decoy->dead.resize(kDecoyDeadIdentifiers);
  return decoy;
}

}  // namespace

DeviceDirectory::DeviceDirectory(const HashKey& key) : key_(key) { devices_[0] = MakeDecoy(); }

std::shared_ptr<const Device> DeviceDirectory::FindByIdentifier(
    const Identifier& identifier) const {
  const auto entry = identifiers_.find(KeyedHash(key_, identifier));
  const DeviceNumber number = entry == identifiers_.end() ? 0 : entry->second;
  const std::shared_ptr<const Device>& device = devices_.find(number)->second;
  // Compared also where there is nothing to find.
  const bool found = HasIdentifier(*device, identifier);
  return found && number != 0 ? device : nullptr;
}

bool DeviceDirectory::IsTaken(const Identifier& identifier) const {
  return identifiers_.contains(KeyedHash(key_, identifier));
}

std::shared_ptr<const Device> DeviceDirectory::FindByNumber(DeviceNumber number) const {
  const auto entry = devices_.find(number);
  return entry == devices_.end() || number == 0 ? nullptr : entry->second;
}

std::shared_ptr<const Device> DeviceDirectory::FindById(std::string_view device_id) const {
  const auto entry = numbers_.find(device_id);
  return entry == numbers_.end() ? nullptr : FindByNumber(entry->second);
}

std::vector<std::shared_ptr<const Device>> DeviceDirectory::List(std::string_view prefix,
                                                                 std::string_view after,
                                                                 size_t limit) const {
  std::vector<std::shared_ptr<const Device>> found;
  auto entry = after < prefix ? numbers_.lower_bound(prefix) : numbers_.upper_bound(after);
  for (; entry != numbers_.end() && found.size() < limit; ++entry) {
    if (!std::string_view(entry->first).starts_with(prefix)) break;
    found.push_back(FindByNumber(entry->second));
  }
  return found;
}

void DeviceDirectory::Apply(const CheckpointBatch& batch) {
  for (const Mutation& mutation : batch.mutations) {
    if (const auto* write = std::get_if<WriteDevice>(&mutation)) Put(write->device);
    if (const auto* erase = std::get_if<EraseDevice>(&mutation)) Erase(erase->number);
  }
  counters_ = batch.counters;
}

void DeviceDirectory::Put(std::shared_ptr<const Device> device) {
  std::shared_ptr<const Device>& place = devices_[device->number];
  if (place == nullptr) {
    numbers_.try_emplace(device->id, device->number);
    Index(Device(), *device);
  } else {
    Index(*place, *device);
    CountOut(*place);
  }
  CountIn(*device);
  place = std::move(device);
}

void DeviceDirectory::Erase(DeviceNumber number) {
  const auto entry = devices_.find(number);
  if (entry == devices_.end()) return;
  Index(*entry->second, Device());
  CountOut(*entry->second);
  numbers_.erase(entry->second->id);
  devices_.erase(entry);
}

void DeviceDirectory::Index(const Device& before, const Device& after) {
  ForEachIdentifierOnlyIn(before, after, [&](const Identifier& identifier) {
    identifiers_.erase(KeyedHash(key_, identifier));
  });
  ForEachIdentifierOnlyIn(after, before, [&](const Identifier& identifier) {
    identifiers_[KeyedHash(key_, identifier)] = after.number;
  });
}

void DeviceDirectory::CountIn(const Device& device) {
  totals_.cycles += device.cycles;
  for (const Generation& generation : device.kept) totals_.content_bytes += generation.size;
  totals_.staged += device.staged.has_value() && device.staged->is_waiting() ? 1 : 0;
  if (device.revoked) {
    ++totals_.revoked;
    return;
  }
  totals_.short_identifiers += device.current.bits() < kFullIdentifierBits ? 1 : 0;
  ++totals_.alive[device.current.bytes().size()];
  ++totals_.alive[device.next.bytes().size()];
}

void DeviceDirectory::CountOut(const Device& device) {
  totals_.cycles -= device.cycles;
  for (const Generation& generation : device.kept) totals_.content_bytes -= generation.size;
  totals_.staged -= device.staged.has_value() && device.staged->is_waiting() ? 1 : 0;
  if (device.revoked) {
    --totals_.revoked;
    return;
  }
  totals_.short_identifiers -= device.current.bits() < kFullIdentifierBits ? 1 : 0;
  --totals_.alive[device.current.bytes().size()];
  --totals_.alive[device.next.bytes().size()];
}

double GuessProbability(const DeviceDirectory::Totals& totals) {
  double sum = 0;
  for (size_t bytes = Identifier::kMinBytes; bytes < totals.alive.size(); ++bytes) {
    sum += std::ldexp(static_cast<double>(totals.alive[bytes]), -8 * static_cast<int>(bytes));
  }
  return sum;
}

}  // namespace understudy::checkpoint_store
