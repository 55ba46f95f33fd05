#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ADMIN_READS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ADMIN_READS_H_

#include "absl/status/statusor.h"
#include "services/checkpoint_store/checkpoint_calls.h"
#include "services/checkpoint_store/fleet_monitor.h"
#include "understudy/checkpoint_store/v1/checkpoint_admin.pb.h"

namespace understudy::checkpoint_store {

// What operators read; without gRPC. Thread-safe. Errors are those of checkpoint_admin.proto.
class AdminReads {
 public:
  // All must outlive the object.
  AdminReads(const OverduePolicy& policy, const SharedDirectory& directory,
             const CheckpointStore& store, const FleetMonitor& monitor,
             const CheckpointCalls& calls)
      : policy_(policy), directory_(directory), store_(store), monitor_(monitor), calls_(calls) {}

  absl::StatusOr<v1::ListResponse> List(const v1::ListRequest& request) const;
  absl::StatusOr<v1::InspectResponse> Inspect(const v1::InspectRequest& request) const;
  absl::StatusOr<v1::GenerationsResponse> Generations(
      const v1::GenerationsRequest& request) const;
  absl::StatusOr<v1::ReadResponse> Read(const v1::ReadRequest& request) const;
  v1::GetSummaryResponse Summary() const;
  // At most 10,000 of these devices' ids.
  v1::OverdueDevices NameOverdue(const std::vector<DeviceNumber>& overdue) const;

 private:
  absl::StatusOr<std::shared_ptr<const Device>> Find(const std::string& id) const;
  absl::StatusOr<v1::ListResponse> ListOverdue(const std::string& prefix, const std::string& after,
                                               uint32_t page_size) const;

  const OverduePolicy policy_;
  const SharedDirectory& directory_;
  const CheckpointStore& store_;
  const FleetMonitor& monitor_;
  const CheckpointCalls& calls_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ADMIN_READS_H_
