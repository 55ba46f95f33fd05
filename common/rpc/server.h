#ifndef UNDERSTUDY_COMMON_RPC_SERVER_H_
#define UNDERSTUDY_COMMON_RPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/metrics.h"
#include "common/rpc/ports_file.h"
#include "common/rpc/service_config.h"
#include "common/rpc/stream_group.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace understudy::rpc {

struct ServerOptions {
  // As in "config-vault": names the metrics and the log component.
  std::string service;
  // For understudy_build_info.
  std::string version = "0.1.0";
  // Must outlive the server.
  metrics::Registry* registry = nullptr;

  struct Served {
    // Must outlive the server.
    grpc::Service* service;
    // For the health service, e.g. membership::v1::Membership::service_full_name().
    std::string name;
  };
  std::vector<Served> services;

  // Streams to end at shutdown; may be null. Must outlive the server.
  StreamGroup* streams = nullptr;
  // Whether the health services say SERVING from the start.
  bool serving = true;
  // Ports of other listeners, e.g. {"beats", 7101}, for the ports file.
  Ports other_ports;
};

// The outside of a service process: gRPC on `listen`, the standard health service (Check and Watch)
// there and, without TLS, on `health_listen`, metrics on `metrics_listen`, reflection if wanted.
// Every call is counted, timed and given a request id. Thread-safe.
//
//   metrics::Registry registry;
//   rpc::StreamGroup streams;
//   UNDERSTUDY_ASSIGN_OR_RETURN(
//       auto server,
//       rpc::Server::Start(config.service, {.service = "membership",
//                                           .registry = &registry,
//                                           .services = {{&service,
//                                           Membership::service_full_name()}}, .streams =
//                                           &streams}));
class Server {
 public:
  // Listens, then writes the ports file. UNAVAILABLE when an address cannot be had;
  // FAILED_PRECONDITION BAD_TLS_FILES.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServiceConfig& config,
                                                       ServerOptions options);
  // Shuts down.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "grpc" and, where configured, "health" and "metrics", and the other ports.
  const Ports& ports() const;
  int port() const;

  // What the health services say of the whole process and of all services, or of one.
  void SetServing(bool serving);
  void SetServing(const std::string& service_name, bool serving);

  // Says NOT_SERVING, refuses new calls, ends the streams of the group with UNAVAILABLE
  // SHUTTING_DOWN, and cancels what is still under way after `grace`. Returns when every call is
  // over: handlers must answer calls that are cancelled, too. Idempotent.
  void Shutdown(absl::Duration grace = absl::Seconds(1));

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_SERVER_H_
