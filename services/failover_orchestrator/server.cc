#include "services/failover_orchestrator/server.h"

#include <string>
#include <utility>

#include "common/executor/serial_executor.h"
#include "common/metrics/metrics.h"
#include "common/random/random.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"
#include "services/failover_orchestrator/collection_runner.h"
#include "services/failover_orchestrator/failover_metrics.h"
#include "services/failover_orchestrator/failover_orchestrator_service.h"
#include "services/failover_orchestrator/failover_runner.h"
#include "services/failover_orchestrator/site_watcher.h"
#include "services/failover_orchestrator/station_orders_service.h"
#include "services/failover_orchestrator/station_streams.h"
#include "services/failover_orchestrator/vault_registry.h"

namespace understudy::failover_orchestrator {

// In the order in which they are built; each may use those above.
class Server::Parts {
 public:
  Parts(const Config& config, const SiteWatcher::Channels& channels)
      : random_(Random::FromEntropy()),
        metrics_(registry_),
        executor_("failover", clock_),
        vault_(channels.vault, config.vault_timeout),
        streams_(config.max_stations),
        runner_(config.policy, config.drill_timeout,
                {clock_, random_, executor_, vault_, streams_, metrics_}),
        collection_(config.collection, {clock_, random_, executor_, metrics_},
                    [this](const auto& order) { return streams_.Send(order); }),
        orders_({executor_, runner_, collection_, streams_, metrics_, group_}, config.order_queue),
        watcher_({clock_, random_, executor_, runner_}, channels,
                 [this](bool sentinel, const RootRedirect& root) {
                   OnSentinel(sentinel, root);
                 }),
        service_({executor_, runner_, vault_, group_}, config.max_watchers,
                 [this] { return watcher_.Outages(); }) {
    runner_.SetOnFailover([this](const FailoverRecord& record) { service_.Broadcast(record); });
    runner_.SetOnActing([this](bool acting) {
      acting_ = acting;
      ShowHealth();
    });
  }
  ~Parts() { Stop(); }

  absl::Status Listen(const rpc::ServiceConfig& config) {
    rpc::ServerOptions options;
    options.service = "failover-orchestrator";
    options.registry = &registry_;
    options.services = {{&orders_, v1::StationOrders::service_full_name()},
                        {&service_, v1::FailoverOrchestrator::service_full_name()}};
    options.streams = &group_;
    options.serving = false;
    UNDERSTUDY_ASSIGN_OR_RETURN(rpc_, rpc::Server::Start(config, std::move(options)));
    watcher_.Start();
    return absl::OkStatus();
  }

  void StopOutside() {
    if (rpc_ != nullptr) rpc_->Shutdown();
  }
  void StopInside() {
    watcher_.Stop();
    vault_.Stop();
    executor_.Stop();
  }
  void Stop() {
    StopOutside();
    StopInside();
  }
  const rpc::Ports& ports() const { return rpc_->ports(); }

 private:
  void OnSentinel(bool sentinel, const RootRedirect& root) {
    sentinel_ = sentinel;
    orders_.SetSentinel(sentinel, root);
    service_.SetSentinel(sentinel, root);
    ShowHealth();
  }
  // A sentinel that knows that it is one does all that it should.
  void ShowHealth() { rpc_->SetServing(acting_ || sentinel_); }

  const SystemClock clock_;
  Random random_;
  metrics::Registry registry_;
  FailoverMetrics metrics_;
  rpc::StreamGroup group_;
  SerialExecutor executor_;
  VaultRegistry vault_;
  StationStreams streams_;
  FailoverRunner runner_;
  CollectionRunner collection_;
  StationOrdersService orders_;
  SiteWatcher watcher_;
  FailoverOrchestratorService service_;
  bool acting_ = false;
  bool sentinel_ = false;
  std::unique_ptr<rpc::Server> rpc_;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Make(const Config& config) {
  // The siblings are next door and come back soon.
  rpc::ChannelOptions options;
  options.initial_reconnect = absl::Milliseconds(50);
  options.maximum_reconnect = absl::Milliseconds(500);
  SiteWatcher::Channels channels;
  UNDERSTUDY_ASSIGN_OR_RETURN(channels.vault,
                              rpc::MakeChannel(config.vault, config.service.tls, options));
  UNDERSTUDY_ASSIGN_OR_RETURN(channels.membership,
                              rpc::MakeChannel(config.membership, config.service.tls, options));
  auto parts = std::make_unique<Parts>(config, channels);
  UNDERSTUDY_RETURN_IF_ERROR(parts->Listen(config.service));
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

absl::StatusOr<std::unique_ptr<lifecycle::RunningService>> Server::Start(const Config& config) {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::unique_ptr<Server> server, Make(config));
  return std::unique_ptr<lifecycle::RunningService>(std::move(server));
}

void Server::AddStopSteps(lifecycle::StopSequence& stop) {
  stop.Add("refuse calls", [this] { parts_->StopOutside(); });
  stop.Add("core", [this] { parts_->StopInside(); });
}

const rpc::Ports& Server::ports() const { return parts_->ports(); }

}  // namespace understudy::failover_orchestrator
