#include "services/checkpoint_store/grpc_caller.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <optional>
#include <string>
#include <string_view>

#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

// The address in gRPC's "ipv4:192.0.2.1:50000" or "ipv6:%5B2001:db8::1%5D:50000".
std::string AddressOf(std::string_view peer) {
  if (peer.starts_with("ipv4:")) {
    peer.remove_prefix(5);
    return std::string(peer.substr(0, peer.rfind(':')));
  }
  const size_t begin = peer.find("%5B");
  const size_t end = peer.find("%5D");
  if (begin == std::string_view::npos || end == std::string_view::npos) return std::string(peer);
  return std::string(peer.substr(begin + 3, end - begin - 3));
}

std::string CommonNameOf(const grpc::ServerContextBase& context) {
  const auto identity = context.auth_context();
  if (identity == nullptr || !identity->IsPeerAuthenticated()) return "";
  const auto names = identity->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
  return names.empty() ? "" : std::string(names[0].data(), names[0].size());
}

}  // namespace

CallOrigin GrpcCallers::OriginOf(const grpc::ServerContextBase& context) const {
  CallOrigin origin{.source = AddressOf(context.peer()), .time = clock_.WallNow()};
  origin.operator_name =
      insecure_ ? "loopback" : operators_.ByCertificate(CommonNameOf(context)).value_or("");
  return origin;
}

absl::Status GrpcCallers::CheckOperator(const CallOrigin& origin) {
  if (!origin.operator_name.empty()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kPermissionDenied, "NOT_AUTHENTICATED",
                   "only an operator may do this, whose certificate has a common name that "
                   "operators.certificate_names lists");
}

}  // namespace understudy::checkpoint_store
