#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "cli/clients/grpc_clients.h"
#include "common/rpc/deadline.h"
#include "common/status/grpc_status.h"

namespace understudy::cli::grpc_clients {
namespace {

// grpc.health.v1.HealthCheckResponse has one field, number 1, an enum: on the wire its tag and one
// byte; nothing when it is UNKNOWN. Debian has no generated code for it.
std::string ServingStatus(const std::string& response) {
  if (response.size() != 2 || response[0] != '\x08') return "UNKNOWN";
  switch (response[1]) {
    case 1:
      return "SERVING";
    case 2:
      return "NOT_SERVING";
    default:
      return "UNKNOWN";
  }
}

std::string Flatten(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> AskHealth(const Peer& peer) {
  grpc::GenericStub stub(peer.channel);
  grpc::ClientContext context;
  rpc::SetTimeout(context, peer.timeout);
  const grpc::Slice nothing("");
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification answered;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&](grpc::Status result) {
                   status = std::move(result);
                   answered.Notify();
                 });
  answered.WaitForNotification();
  if (!status.ok()) return NamePeer(peer, FromGrpcStatus(status));
  return ServingStatus(Flatten(response));
}

}  // namespace understudy::cli::grpc_clients
