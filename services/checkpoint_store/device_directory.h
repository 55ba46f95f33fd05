#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_DIRECTORY_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_DIRECTORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/checkpoint_store/checkpoint_batch.h"

namespace understudy::checkpoint_store {

// All devices in memory, without content: what GET and HEAD look into, and what the state machine
// decides on. About 1.5 KiB a device.
//
// Looking up an identifier goes by a keyed hash and compares with all that the device has, in
// constant time; a free one is compared with a decoy in the same way. So the time tells nothing of
// identifiers that are near, and next to nothing of whether one is there.
//
// Devices are shared and never change, so that a reader may keep one. The directory itself is not
// thread-safe.
class DeviceDirectory {
 public:
  explicit DeviceDirectory(const HashKey& key);

  // Takes over devices and counters; content is not looked at.
  void Apply(const CheckpointBatch& batch);
  void Put(std::shared_ptr<const Device> device);
  void SetCounters(const Counters& counters) { counters_ = counters; }

  // As in CheckpointView.
  std::shared_ptr<const Device> FindByIdentifier(const Identifier& identifier) const;
  bool IsTaken(const Identifier& identifier) const;
  std::shared_ptr<const Device> FindByNumber(DeviceNumber number) const;
  std::shared_ptr<const Device> FindById(std::string_view device_id) const;
  Counters counters() const { return counters_; }
  size_t size() const { return numbers_.size(); }
  size_t short_identifiers() const { return totals_.short_identifiers; }

  // Devices whose ids begin with `prefix` and come after `after`, by id, at most `limit`.
  std::vector<std::shared_ptr<const Device>> List(std::string_view prefix, std::string_view after,
                                                  size_t limit) const;

  // Calls `visit(const Device&)` for each, by id.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [id, number] : numbers_) visit(*devices_.find(number)->second);
  }

  // Over all devices.
  struct Totals {
    size_t revoked = 0;
    // Staged changes that wait.
    size_t staged = 0;
    uint64_t cycles = 0;
    uint64_t content_bytes = 0;
    size_t short_identifiers = 0;
    // Identifiers that a guess would find (current and next ones), by their length in bytes.
    std::array<uint64_t, Identifier::kMaxBytes + 1> alive{};
  };
  const Totals& totals() const { return totals_; }

 private:
  void Erase(DeviceNumber number);
  // Has the identifiers of `after` found, and no longer those that `before` alone had; an empty
  // device is none.
  void Index(const Device& before, const Device& after);
  // Adds the device to the totals, takes it from them.
  void CountIn(const Device& device);
  void CountOut(const Device& device);

  const HashKey key_;
  // With the decoy as number 0, which no device has.
  absl::flat_hash_map<DeviceNumber, std::shared_ptr<const Device>> devices_;
  // By keyed hash.
  absl::flat_hash_map<uint64_t, DeviceNumber> identifiers_;
  std::map<std::string, DeviceNumber, std::less<>> numbers_;
  Counters counters_;
  Totals totals_;
};

// The chance that one random trial finds an identifier that is alive: the sum of 2^-n over those of
// n bits, which for m of one length is the paper's m 2^-n.
double GuessProbability(const DeviceDirectory::Totals& totals);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_DIRECTORY_H_
