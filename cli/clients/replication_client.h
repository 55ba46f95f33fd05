#ifndef UNDERSTUDY_CLI_CLIENTS_REPLICATION_CLIENT_H_
#define UNDERSTUDY_CLI_CLIENTS_REPLICATION_CLIENT_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "understudy/config_vault/v1/replication.pb.h"

namespace understudy::cli {

// What one vault holds as a whole, root or not: taken out, put in, and brought into an etcd. Calls
// wait for the answer; the long ones have half an hour.
class ReplicationClient {
 public:
  virtual ~ReplicationClient() = default;

  virtual absl::StatusOr<config_vault::v1::GetPositionResponse> GetPosition() = 0;

  // Everything, part by part; ends with the first error of `each`.
  using EachPart = std::function<absl::Status(const config_vault::v1::SnapshotResponse&)>;
  virtual absl::Status Snapshot(const EachPart& each) = 0;

  // Sends what `next` gives until that is nothing; its error ends the call, and nothing has
  // changed. `on_taken`, on another thread: pieces that the vault has taken.
  using NextPart = std::function<absl::StatusOr<std::optional<config_vault::v1::RestoreRequest>>()>;
  using OnTaken = std::function<void(uint64_t pieces)>;
  virtual absl::StatusOr<config_vault::v1::RestoreResult> Restore(const NextPart& next,
                                                                  const OnTaken& on_taken) = 0;

  virtual absl::StatusOr<config_vault::v1::SeedResponse> Seed() = 0;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CLIENTS_REPLICATION_CLIENT_H_
