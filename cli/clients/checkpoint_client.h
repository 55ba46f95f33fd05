#ifndef UNDERSTUDY_CLI_CLIENTS_CHECKPOINT_CLIENT_H_
#define UNDERSTUDY_CLI_CLIENTS_CHECKPOINT_CLIENT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/clients/stream_watch.h"
#include "understudy/checkpoint_store/v1/checkpoint_admin.pb.h"
#include "understudy/checkpoint_store/v1/checkpoints.pb.h"

namespace understudy::cli {

// checkpoint-store, as an operator. Calls wait for the answer, each with the connection's timeout.
// Thread-safe.
class CheckpointClient {
 public:
  virtual ~CheckpointClient() = default;

  virtual absl::StatusOr<checkpoint_store::v1::EnrolResponse> Enrol(
      const checkpoint_store::v1::EnrolRequest& request) = 0;
  virtual absl::StatusOr<checkpoint_store::v1::ListResponse> List(
      const checkpoint_store::v1::ListRequest& request) = 0;
  virtual absl::StatusOr<checkpoint_store::v1::InspectResponse> Inspect(
      const checkpoint_store::v1::InspectRequest& request) = 0;
  virtual absl::StatusOr<checkpoint_store::v1::GenerationsResponse> Generations(
      const checkpoint_store::v1::GenerationsRequest& request) = 0;
  virtual absl::StatusOr<checkpoint_store::v1::ReadResponse> Read(
      const checkpoint_store::v1::ReadRequest& request) = 0;
  virtual absl::StatusOr<checkpoint_store::v1::StageResponse> Stage(
      const checkpoint_store::v1::StageRequest& request) = 0;
  virtual absl::StatusOr<checkpoint_store::v1::WithdrawResponse> Withdraw(
      const checkpoint_store::v1::WithdrawRequest& request) = 0;
  virtual absl::StatusOr<checkpoint_store::v1::RevokeResponse> Revoke(
      const checkpoint_store::v1::RevokeRequest& request) = 0;
  virtual absl::Status Watch(const checkpoint_store::v1::WatchRequest& request,
                             const Each<checkpoint_store::v1::WatchResponse>& each) = 0;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CLIENTS_CHECKPOINT_CLIENT_H_
