#include "cli/clients/grpc_clients.h"
#include "common/status/status.h"

namespace understudy::cli::grpc_clients {

absl::Status NamePeer(const Peer& peer, const absl::Status& status) {
  const bool nobody_answered = status.code() == absl::StatusCode::kUnavailable ||
                               status.code() == absl::StatusCode::kDeadlineExceeded;
  if (!nobody_answered || !ErrorReason(status).empty()) return status;
  const bool late = status.code() == absl::StatusCode::kDeadlineExceeded;
  return MakeError(
      absl::StatusCode::kUnavailable, "NOT_REACHABLE",
      peer.name + (late ? " did not answer within " + absl::FormatDuration(peer.timeout)
                        : " cannot be reached: " + std::string(status.message())));
}

}  // namespace understudy::cli::grpc_clients
