#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_PENDING_VIEW_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_PENDING_VIEW_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "services/checkpoint_store/checkpoint_batch.h"
#include "services/checkpoint_store/checkpoint_view.h"

namespace understudy::checkpoint_store {

// A view with record writes on top that are not stored yet, so that commands of one batch see the
// effects of those before them. Not thread-safe.
class PendingView final : public CheckpointView {
 public:
  // `base` must outlive the view and not change under it.
  explicit PendingView(const CheckpointView& base);

  void Apply(const Mutation& mutation);
  void SetCounters(const Counters& counters) { counters_ = counters; }

  std::shared_ptr<const Device> FindByIdentifier(const Identifier& identifier) const override;
  bool IsTaken(const Identifier& identifier) const override;
  std::shared_ptr<const Device> FindByNumber(DeviceNumber number) const override;
  std::shared_ptr<const Device> FindById(std::string_view device_id) const override;
  Counters ReadCounters() const override { return counters_; }
  size_t device_count() const override { return device_count_; }
  size_t short_identifiers() const override { return short_identifiers_; }
  absl::StatusOr<std::string> ReadContent(DeviceNumber device, ContentSlot slot) const override;

 private:
  void Set(const WriteDevice& write);
  void Set(const EraseDevice& erase);
  void Set(const WriteContent& write);
  void Set(const EraseContent& erase);
  // Notes which identifiers came and went, of a device that changed; an empty one is none.
  void Replace(const Device& before, const Device& after);

  const CheckpointView& base_;
  Counters counters_;
  size_t device_count_;
  size_t short_identifiers_;
  // Null: erased.
  absl::flat_hash_map<DeviceNumber, std::shared_ptr<const Device>> devices_;
  // Those that came (or, 0, went); all others are as in the base.
  absl::flat_hash_map<Identifier, DeviceNumber> identifiers_;
  std::map<std::string, DeviceNumber, std::less<>> ids_;
  // Null: erased.
  absl::flat_hash_map<std::pair<DeviceNumber, ContentSlot>, std::shared_ptr<const std::string>>
      content_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_PENDING_VIEW_H_
