#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_OPERATOR_CHECK_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_OPERATOR_CHECK_H_

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"

namespace understudy::config_vault {

// Whether the caller may do what only operators may. Over TLS the common name of its certificate
// must be `operator` or begin with `operator/`: PERMISSION_DENIED NOT_AN_OPERATOR (metadata:
// caller). Without TLS, which is for loopback alone, everybody is one.
absl::Status CheckOperator(const grpc::CallbackServerContext& context);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_OPERATOR_CHECK_H_
