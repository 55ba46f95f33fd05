#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_GRPC_CALLER_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_GRPC_CALLER_H_

#include <grpcpp/server_context.h>

#include "absl/status/status.h"
#include "common/time/clock.h"
#include "services/checkpoint_store/checkpoint_codec.h"
#include "services/checkpoint_store/operator_directory.h"

namespace understudy::checkpoint_store {

inline constexpr char kErrorDomain[] = "checkpoint-store.understudy";

// Who calls over gRPC. Thread-safe.
class GrpcCallers {
 public:
  // Both must outlive the object. `insecure`: there are no certificates, and everyone on loopback
  // is an operator.
  GrpcCallers(const OperatorDirectory& operators, const Clock& clock, bool insecure)
      : operators_(operators), clock_(clock), insecure_(insecure) {}

  CallOrigin OriginOf(const grpc::ServerContextBase& context) const;
  // PERMISSION_DENIED NOT_AUTHENTICATED unless the origin is an operator.
  static absl::Status CheckOperator(const CallOrigin& origin);

 private:
  const OperatorDirectory& operators_;
  const Clock& clock_;
  const bool insecure_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_GRPC_CALLER_H_
