#ifndef UNDERSTUDY_COMMON_RPC_CHANNEL_H_
#define UNDERSTUDY_COMMON_RPC_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/limits.h"
#include "common/rpc/tls_files.h"

namespace understudy::rpc {

struct ChannelOptions {
  // Where the server's certificate carries another name than the target.
  std::optional<std::string> server_name;
  // A connection on which nothing came for `ping_every` is asked for a sign of life; it is dropped
  // when none came within `ping_timeout`.
  absl::Duration ping_every = absl::Seconds(5);
  absl::Duration ping_timeout = absl::Seconds(2);
  // Also without calls. Servers other than ours may take that for abuse.
  bool ping_without_calls = true;
  // Waits between attempts to connect grow from the one to the other.
  absl::Duration initial_reconnect = absl::Milliseconds(100);
  absl::Duration maximum_reconnect = absl::Seconds(2);
  // For one attempt, the TLS handshake included.
  absl::Duration connect_timeout = absl::Seconds(5);
  // Of one message, either way.
  int max_message_bytes = kMaxMessageBytes;
};

// A channel with its own connection (never shared with another channel) to `target`, host:port.
// Connects when first used. `tls` nothing: no TLS, for loopback only. FAILED_PRECONDITION
// BAD_TLS_FILES when the files cannot be used.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& target,
                                                           const std::optional<TlsFiles>& tls,
                                                           const ChannelOptions& options = {});

// The same without TLS: cannot fail.
std::shared_ptr<grpc::Channel> MakeInsecureChannel(const std::string& target,
                                                   const ChannelOptions& options = {});

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_CHANNEL_H_
