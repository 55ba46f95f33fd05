#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DIRECTORY_VIEW_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DIRECTORY_VIEW_H_

#include <memory>
#include <string>
#include <string_view>

#include "services/checkpoint_store/checkpoint_store.h"
#include "services/checkpoint_store/checkpoint_view.h"
#include "services/checkpoint_store/device_directory.h"

namespace understudy::checkpoint_store {

// The state as it is stored: devices from the directory, content from the store. As thread-safe as
// the directory.
class DirectoryView final : public CheckpointView {
 public:
  // Both must outlive the view.
  DirectoryView(const DeviceDirectory& directory, const CheckpointStore& store)
      : directory_(directory), store_(store) {}

  std::shared_ptr<const Device> FindByIdentifier(const Identifier& identifier) const override {
    return directory_.FindByIdentifier(identifier);
  }
  bool IsTaken(const Identifier& identifier) const override {
    return directory_.IsTaken(identifier);
  }
  std::shared_ptr<const Device> FindByNumber(DeviceNumber number) const override {
    return directory_.FindByNumber(number);
  }
  std::shared_ptr<const Device> FindById(std::string_view device_id) const override {
    return directory_.FindById(device_id);
  }
  Counters ReadCounters() const override { return directory_.counters(); }
  size_t device_count() const override { return directory_.size(); }
  size_t short_identifiers() const override { return directory_.short_identifiers(); }
  absl::StatusOr<std::string> ReadContent(DeviceNumber device, ContentSlot slot) const override {
    return store_.ReadContent(device, slot);
  }

 private:
  const DeviceDirectory& directory_;
  const CheckpointStore& store_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DIRECTORY_VIEW_H_
