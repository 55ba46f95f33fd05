#include "services/checkpoint_store/server.h"

#include <sodium.h>

#include <optional>
#include <utility>

#include "common/executor/serial_executor.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/rpc/server.h"
#include "common/rpc/stream_group.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"
#include "services/checkpoint_store/checkpoint_admin_service.h"
#include "services/checkpoint_store/checkpoints_service.h"
#include "services/checkpoint_store/energy_advisor_service.h"
#include "services/checkpoint_store/http/device_handler.h"
#include "services/checkpoint_store/rocksdb_checkpoint_store.h"
#include "services/checkpoint_store/tokens_file.h"

namespace understudy::checkpoint_store {
namespace {

constexpr absl::Duration kTickInterval = absl::Seconds(1);
constexpr int kTicksPerMeasurement = 10;

class RandomIdentifiers final : public IdentifierSource {
 public:
  Identifier Draw() override {
    char bytes[Identifier::kDrawnBytes];
    randombytes_buf(bytes, sizeof(bytes));
    return *Identifier::FromBytes({bytes, sizeof(bytes)});
  }
};

HashKey DrawHashKey() {
  HashKey key;
  randombytes_buf(key.data(), key.size());
  return key;
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(const Config& config) : config_(config), housekeeping_("checkpoint-hk", clock_) {}
  ~Impl() { Stop(); }

  absl::Status Start() {
    if (config_.tokens_file.has_value()) {
      tokens_file_.emplace(*config_.tokens_file, operators_);
      UNDERSTUDY_RETURN_IF_ERROR(tokens_file_->Refresh().status());
    }
    UNDERSTUDY_RETURN_IF_ERROR(OpenStore());
    UNDERSTUDY_RETURN_IF_ERROR(StartEngine());
    UNDERSTUDY_RETURN_IF_ERROR(StartHttp());
    UNDERSTUDY_RETURN_IF_ERROR(StartRpc());
    housekeeping_.Post([this] { Tick(0); });
    return absl::OkStatus();
  }

  void AddStopSteps(lifecycle::StopSequence& stop) {
    stop.Add("calls", [this] { StopCalls(); });
    stop.Add("engine", [this] { StopEngine(); });
    stop.Add("store", [this] { CloseStore(); });
  }

  int port() const { return rpc_->port(); }
  int http_port() const { return http_->port(); }

 private:
  bool insecure() const { return !config_.service.tls.has_value(); }

  absl::Status OpenStore() {
    RocksdbOptions options{.cache_bytes = config_.cache_bytes,
                           .write_buffer_bytes = config_.write_buffer_bytes};
    if (config_.key_file.has_value()) {
      UNDERSTUDY_ASSIGN_OR_RETURN(options.cipher, ReadRestCipher(*config_.key_file));
    }
    UNDERSTUDY_ASSIGN_OR_RETURN(store_,
                                OpenRocksdbCheckpointStore(config_.data_directory, options));
    return absl::OkStatus();
  }

  absl::Status StartEngine() {
    monitor_.emplace(config_.overdue, clock_, directory_, metrics_);
    UNDERSTUDY_ASSIGN_OR_RETURN(
        engine_, CheckpointEngine::Start({.policy = config_.policy}, clock_, *store_, directory_,
                                         identifiers_, *monitor_));
    calls_.emplace(config_.guard, clock_, *store_, directory_, *engine_, metrics_, *monitor_);
    reads_.emplace(config_.overdue, directory_, *store_, *monitor_, *calls_);
    log_.Info("opened {}: {} devices{}", config_.data_directory,
              directory_.With([](const DeviceDirectory& all) { return all.size(); }),
              config_.key_file.has_value() ? ", encrypted" : "");
    return absl::OkStatus();
  }

  absl::Status StartHttp() {
    handler_.emplace(*calls_, operators_, clock_, insecure() && !config_.tokens_file.has_value());
    UNDERSTUDY_ASSIGN_OR_RETURN(http_,
                                HttpServer::Start(config_.http, *handler_, metrics_, clock_));
    log_.Info("devices are served on {} (port {})", config_.http.listen, http_->port());
    return absl::OkStatus();
  }

  absl::Status StartRpc() {
    callers_.emplace(operators_, clock_, insecure());
    checkpoints_.emplace(*calls_, *callers_, config_.policy.max_checkpoint_bytes, streams_);
    admin_.emplace(AdminOptions{.max_watchers = config_.max_watchers}, *calls_, *reads_, *monitor_,
                   *callers_, metrics_, streams_);
    UNDERSTUDY_ASSIGN_OR_RETURN(
        rpc_, rpc::Server::Start(
                  config_.service,
                  {.service = "checkpoint-store",
                   .registry = &metrics_registry_,
                   .services = {{&*checkpoints_, v1::Checkpoints::service_full_name()},
                                {&*admin_, v1::CheckpointAdmin::service_full_name()},
                                {&energy_, v1::EnergyAdvisor::service_full_name()}},
                   .streams = &streams_,
                   .other_ports = {{"http", http_->port()}}}));
    monitor_->SetDiskListener([this](const absl::Status& state) { OnDiskState(state); });
    return absl::OkStatus();
  }

  void OnDiskState(const absl::Status& state) {
    if (state.ok()) {
      log_.Info("the disk takes writes again");
    } else {
      log_.Error("writes are refused, reads go on: {}", DescribeError(state));
    }
    rpc_->SetServing(state.ok());
  }

  void Tick(int count) {
    monitor_->Tick();
    if (tokens_file_.has_value()) RefreshTokens();
    if (count % kTicksPerMeasurement == 0) Measure();
    housekeeping_.RunAt(clock_.SteadyNow() + kTickInterval, [this, count] { Tick(count + 1); });
  }

  void RefreshTokens() {
    const absl::StatusOr<bool> taken = tokens_file_->Refresh();
    const std::string problem = taken.ok() ? "" : DescribeError(taken.status());
    if (problem != tokens_problem_ && !problem.empty()) log_.Error("{}", problem);
    if (taken.ok() && *taken) log_.Info("took up changed operators' tokens");
    tokens_problem_ = problem;
  }

  void Measure() {
    metrics_.disk_bytes.Set(static_cast<double>(store_->DiskBytes()));
    metrics_.sources.Set(static_cast<double>(calls_->source_count()));
    const auto [totals, devices] = directory_.With([](const DeviceDirectory& all) {
      return std::make_pair(all.totals(), all.size());
    });
    metrics_.Show(totals, devices, monitor_->overdue_count(), calls_->guesses());
  }

  // Both faces' requests under way still need the engine.
  void StopCalls() {
    if (monitor_.has_value()) monitor_->SetDiskListener(nullptr);
    if (http_ != nullptr) http_->Stop();
    if (rpc_ != nullptr) rpc_->Shutdown();
  }
  void StopEngine() {
    housekeeping_.Stop();
    if (engine_ != nullptr) engine_->Stop();
  }
  // Whoever may still read it goes first.
  void CloseStore() {
    http_.reset();
    store_.reset();
  }
  void Stop() {
    StopCalls();
    StopEngine();
  }

  const Config config_;
  const SystemClock clock_;
  const log::Logger log_{"checkpoint-store"};
  metrics::Registry metrics_registry_;
  StoreMetrics metrics_{metrics_registry_};
  rpc::StreamGroup streams_;
  RandomIdentifiers identifiers_;
  SharedDirectory directory_{DrawHashKey()};
  OperatorDirectory operators_{config_.operator_names, {}};
  // Used by housekeeping alone, once the server has started.
  std::optional<TokensFile> tokens_file_;
  // The last one that was logged.
  std::string tokens_problem_;
  std::unique_ptr<CheckpointStore> store_;
  std::optional<FleetMonitor> monitor_;
  std::unique_ptr<CheckpointEngine> engine_;
  std::optional<CheckpointCalls> calls_;
  std::optional<AdminReads> reads_;
  std::optional<DeviceHandler> handler_;
  std::optional<GrpcCallers> callers_;
  std::optional<CheckpointsService> checkpoints_;
  std::optional<CheckpointAdminService> admin_;
  EnergyAdvisorService energy_;
  SerialExecutor housekeeping_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<rpc::Server> rpc_;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Config& config) {
  auto impl = std::make_unique<Impl>(config);
  UNDERSTUDY_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

void Server::AddStopSteps(lifecycle::StopSequence& stop) { impl_->AddStopSteps(stop); }

int Server::port() const { return impl_->port(); }

int Server::http_port() const { return impl_->http_port(); }

}  // namespace understudy::checkpoint_store
