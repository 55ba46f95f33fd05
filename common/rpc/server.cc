#include "common/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/resource_quota.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"
#include "common/log/log.h"
#include "common/metrics/exposer.h"
#include "common/rpc/call_observer.h"
#include "common/rpc/deadline.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/grpc_threads.h"
#include "common/rpc/limits.h"
#include "common/rpc/tls_credentials.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"

namespace understudy::rpc {
namespace {

// What one connection may have under way, and what all may hold in buffers.
constexpr int kMaxStreamsPerConnection = 16'384;
constexpr size_t kMaxBufferBytes = 512u << 20;
// A health port answers small questions to anybody who can reach it.
constexpr int kMaxHealthMessageBytes = 4096;
constexpr int kMaxHealthStreams = 64;

// Being linked is enough for gRPC's reflection library to add itself to every server of the
// process; this makes it a choice for each.
class ReflectionOption final : public grpc::ServerBuilderOption {
 public:
  explicit ReflectionOption(bool wanted) : wanted_(wanted) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    auto reflection = std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>();
    std::erase_if(*plugins,
                  [&](const auto& plugin) { return plugin->name() == reflection->name(); });
    if (wanted_) plugins->push_back(std::move(reflection));
  }

 private:
  const bool wanted_;
};

void SetTransportArguments(grpc::ServerBuilder& builder) {
  // Clients ping more often (channel.h); this is for those that do not. A site may have 100,000.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Our clients ping every few seconds without calls, which gRPC takes for abuse by default.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kLookaheadBytes);
  // Two processes on one port would share its calls; the second must fail to start instead.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

absl::Status CannotListen(const std::string& address, std::string_view what) {
  return MakeError(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                   absl::StrCat("cannot listen on ", address, " for ", std::string(what),
                                ": is it in use, or not an address of this machine?"));
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(const ServiceConfig& config) {
  if (config.tls.has_value()) return MakeServerCredentials(*config.tls);
  const auto address = config::ParseAddress(config.listen);
  if (!address.has_value() || !config::IsLoopback(address->host)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INSECURE_LISTEN",
                     absl::StrCat("expected a loopback address to listen on without TLS, found \"",
                                  config.listen, "\""));
  }
  return grpc::InsecureServerCredentials();
}

// A gRPC server and the health service inside it.
struct Listener {
  std::unique_ptr<grpc::Server> server;
  int port = 0;

  void SetServing(const std::string& name, bool serving) const {
    if (server == nullptr) return;
    server->GetHealthCheckService()->SetServingStatus(name, serving);
  }
  void Shutdown(absl::Duration grace) const {
    if (server != nullptr) server->Shutdown(FromNow(grace));
  }
};

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerOptions options)
      : options_(std::move(options)),
        log_(options_.service),
        call_metrics_(*options_.registry, options_.service) {
    options_.registry->AddBuildInfo(options_.service, options_.version);
  }

  absl::Status StartAll(const ServiceConfig& config) {
    AdoptGrpcLog();
    PrepareGrpcThreads();
    grpc::EnableDefaultHealthCheckService(true);
    UNDERSTUDY_RETURN_IF_ERROR(StartMain(config));
    UNDERSTUDY_RETURN_IF_ERROR(StartHealth(config));
    UNDERSTUDY_RETURN_IF_ERROR(StartMetrics(config));
    SetServing(options_.serving);
    for (const auto& [name, port] : options_.other_ports) ports_[name] = port;
    if (config.ports_file.has_value()) return WritePortsFile(*config.ports_file, ports_);
    return absl::OkStatus();
  }

  const Ports& ports() const { return ports_; }

  void SetServing(bool serving) {
    SetServing("", serving);
    for (const auto& served : options_.services) SetServing(served.name, serving);
  }
  void SetServing(const std::string& name, bool serving) {
    main_.SetServing(name, serving);
    health_.SetServing(name, serving);
  }

  void Shutdown(absl::Duration grace) {
    absl::MutexLock lock(&shutdown_mutex_);
    if (std::exchange(shut_down_, true)) return;
    SetServing(false);
    if (options_.streams != nullptr) {
      options_.streams->EndAll(MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                                         absl::StrCat(options_.service, " is shutting down")));
    }
    main_.Shutdown(grace);
    health_.Shutdown(absl::ZeroDuration());
    exposer_.reset();
  }

 private:
  absl::Status StartMain(const ServiceConfig& config) {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto credentials, Credentials(config));
    grpc::ServerBuilder builder;
    SetTransportArguments(builder);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    builder.SetMaxSendMessageSize(kMaxMessageBytes);
    builder.SetResourceQuota(grpc::ResourceQuota(options_.service).Resize(kMaxBufferBytes));
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> observers;
    observers.push_back(MakeCallObserver(call_metrics_, clock_, log_));
    builder.experimental().SetInterceptorCreators(std::move(observers));
    builder.SetOption(std::make_unique<ReflectionOption>(config.reflection));
    for (const auto& served : options_.services) builder.RegisterService(served.service);
    return Listen(builder, config.listen, credentials, "grpc", main_);
  }

  absl::Status StartHealth(const ServiceConfig& config) {
    if (!config.health_listen.has_value()) return absl::OkStatus();
    grpc::ServerBuilder builder;
    SetTransportArguments(builder);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxHealthStreams);
    builder.SetMaxReceiveMessageSize(kMaxHealthMessageBytes);
    builder.SetOption(std::make_unique<ReflectionOption>(false));
    // gRPC does not start a server without services; this one answers all else with UNIMPLEMENTED.
    builder.RegisterCallbackGenericService(&nothing_else_);
    return Listen(builder, *config.health_listen, grpc::InsecureServerCredentials(), "health",
                  health_);
  }

  absl::Status StartMetrics(const ServiceConfig& config) {
    if (!config.metrics_listen.has_value()) return absl::OkStatus();
    UNDERSTUDY_ASSIGN_OR_RETURN(
        exposer_, metrics::Exposer::Start(*config.metrics_listen, *options_.registry));
    ports_["metrics"] = exposer_->port();
    return absl::OkStatus();
  }

  absl::Status Listen(grpc::ServerBuilder& builder, const std::string& address,
                      std::shared_ptr<grpc::ServerCredentials> credentials, const std::string& name,
                      Listener& listener) {
    builder.AddListeningPort(address, std::move(credentials), &listener.port);
    listener.server = builder.BuildAndStart();
    if (listener.server == nullptr) return CannotListen(address, name);
    ports_[name] = listener.port;
    return absl::OkStatus();
  }

  ServerOptions options_;
  SystemClock clock_;
  log::Logger log_;
  CallMetrics call_metrics_;
  Ports ports_;
  Listener main_;
  grpc::CallbackGenericService nothing_else_;
  Listener health_;
  std::unique_ptr<metrics::Exposer> exposer_;
  absl::Mutex shutdown_mutex_;
  bool shut_down_ ABSL_GUARDED_BY(shutdown_mutex_) = false;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { Shutdown(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServiceConfig& config,
                                                      ServerOptions options) {
  std::unique_ptr<Server> server(new Server(std::make_unique<Impl>(std::move(options))));
  UNDERSTUDY_RETURN_IF_ERROR(server->impl_->StartAll(config));
  return server;
}

const Ports& Server::ports() const { return impl_->ports(); }
int Server::port() const { return impl_->ports().at("grpc"); }
void Server::SetServing(bool serving) { impl_->SetServing(serving); }
void Server::SetServing(const std::string& service_name, bool serving) {
  impl_->SetServing(service_name, serving);
}
void Server::Shutdown(absl::Duration grace) { impl_->Shutdown(grace); }

}  // namespace understudy::rpc
