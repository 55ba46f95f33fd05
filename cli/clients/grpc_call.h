#ifndef UNDERSTUDY_CLI_CLIENTS_GRPC_CALL_H_
#define UNDERSTUDY_CLI_CLIENTS_GRPC_CALL_H_

#include "cli/clients/grpc_clients.h"
#include "common/rpc/client_call.h"

namespace understudy::cli::grpc_clients {

// A unary call whose error, when nobody answered, says who did not.
template <typename Response, typename Async, typename Request>
absl::StatusOr<Response> Call(const Peer& peer, Async& async,
                              rpc::UnaryMethod<Async, Request, Response> method,
                              const Request& request, absl::Duration timeout) {
  absl::StatusOr<Response> response = rpc::CallUnaryAndWait(async, method, request, timeout);
  if (!response.ok()) return NamePeer(peer, response.status());
  return response;
}

}  // namespace understudy::cli::grpc_clients

#endif  // UNDERSTUDY_CLI_CLIENTS_GRPC_CALL_H_
