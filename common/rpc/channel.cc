#include "common/rpc/channel.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "common/rpc/grpc_log.h"
#include "common/rpc/grpc_threads.h"
#include "common/rpc/tls_credentials.h"
#include "common/status/status.h"

namespace understudy::rpc {
namespace {

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

grpc::ChannelArguments Arguments(const ChannelOptions& options) {
  AdoptGrpcLog();
  PrepareGrpcThreads();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.ping_every));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.ping_timeout));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, options.ping_without_calls ? 1 : 0);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, Milliseconds(options.initial_reconnect));
  // Despite its name: how long one attempt to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, Milliseconds(options.connect_timeout));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, Milliseconds(options.maximum_reconnect));
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kLookaheadBytes);
  arguments.SetMaxReceiveMessageSize(options.max_message_bytes);
  arguments.SetMaxSendMessageSize(options.max_message_bytes);
  // Channels to one target would share a connection, and its backoff.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Addresses are this site's: proxies of the environment are none of ours.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (options.server_name.has_value()) {
    arguments.SetString(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, *options.server_name);
  }
  return arguments;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& target,
                                                           const std::optional<TlsFiles>& tls,
                                                           const ChannelOptions& options) {
  if (!tls.has_value()) return MakeInsecureChannel(target, options);
  UNDERSTUDY_ASSIGN_OR_RETURN(auto credentials, MakeChannelCredentials(*tls));
  return grpc::CreateCustomChannel(target, credentials, Arguments(options));
}

std::shared_ptr<grpc::Channel> MakeInsecureChannel(const std::string& target,
                                                   const ChannelOptions& options) {
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), Arguments(options));
}

}  // namespace understudy::rpc
