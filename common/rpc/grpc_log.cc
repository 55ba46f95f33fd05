#include "common/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include "common/log/log.h"

namespace understudy::rpc {
namespace {

const log::Logger& Log() {
  static const auto* const logger = new log::Logger("grpc");
  return *logger;
}

// What gRPC takes for errors (a failed handshake, a refused connection) is for us the fault of
// others, or is reported by us as well.
void Write(gpr_log_func_args* args) { Log().Warn("{}", args->message); }

}  // namespace

void AdoptGrpcLog() {
  static const bool adopted = [] {
    gpr_set_log_function(Write);
    return true;
  }();
  static_cast<void>(adopted);
}

}  // namespace understudy::rpc
