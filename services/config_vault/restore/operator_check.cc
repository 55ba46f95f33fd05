#include "services/config_vault/restore/operator_check.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/server_context.h>

#include <memory>
#include <string>

#include "common/status/status.h"

namespace understudy::config_vault {

absl::Status CheckOperator(const grpc::CallbackServerContext& context) {
  const std::shared_ptr<const grpc::AuthContext> caller = context.auth_context();
  if (!caller->IsPeerAuthenticated()) return absl::OkStatus();
  std::string name;
  for (const grpc::string_ref& value : caller->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME)) {
    name.assign(value.data(), value.size());
  }
  if (name == "operator" || name.starts_with("operator/")) return absl::OkStatus();
  return MakeError(absl::StatusCode::kPermissionDenied, "NOT_AN_OPERATOR",
                   "this is for operators: the certificate's common name is \"" + name +
                       "\", expected \"operator\" or \"operator/...\"",
                   {{"caller", name}});
}

}  // namespace understudy::config_vault
