#include "services/config_vault/server.h"

#include <atomic>
#include <utility>

#include "common/executor/serial_executor.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/rpc/server.h"
#include "common/rpc/stream_group.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"
#include "services/config_vault/documents_service.h"
#include "services/config_vault/embedded_engine.h"
#include "services/config_vault/registry_service.h"
#include "services/config_vault/role_feed.h"
#include "services/config_vault/rocksdb_vault_store.h"

namespace understudy::config_vault {
namespace {

constexpr size_t kRecentChanges = 4096;
constexpr absl::Duration kDiskBytesInterval = absl::Seconds(10);

// Passes what the engine says on to metrics, log and health.
class EngineReporter final : public EngineObserver {
 public:
  EngineReporter(VaultMetrics& metrics, const log::Logger& log) : metrics_(metrics), log_(log) {
    metrics_.disk_writable.Set(1);
  }

  // Health is told from now on, and at once when the disk has failed meanwhile.
  void Attach(rpc::Server* server) {
    server_ = server;
    if (!writable_) server->SetServing(false);
  }
  void Detach() { server_ = nullptr; }

  void OnCommitted(size_t commands, absl::Duration took, const Counters& counters) override {
    metrics_.commit_commands.Observe(static_cast<double>(commands));
    metrics_.commit_seconds.Observe(took);
    Show(counters);
  }

  void OnDiskState(const absl::Status& state) override {
    const bool was_writable = writable_.exchange(state.ok());
    if (was_writable == state.ok()) return;
    metrics_.disk_writable.Set(state.ok() ? 1 : 0);
    if (state.ok()) {
      log_.Info("the disk takes writes again");
    } else {
      log_.Error("writes are refused, reads go on: {}", DescribeError(state));
    }
    if (rpc::Server* server = server_) server->SetServing(state.ok());
  }

  void Show(const Counters& counters) {
    metrics_.revision.Set(static_cast<double>(counters.revision));
    metrics_.documents.Set(static_cast<double>(counters.documents));
    metrics_.kept_revisions.Set(static_cast<double>(counters.kept_revisions));
  }

 private:
  VaultMetrics& metrics_;
  const log::Logger& log_;
  std::atomic<bool> writable_ = true;
  std::atomic<rpc::Server*> server_ = nullptr;
};

}  // namespace

class Server::Impl {
 public:
  explicit Impl(const Config& config)
      : config_(config), pool_({.threads = config.workers}), housekeeping_("vault-house", clock_) {}
  ~Impl() { Stop(); }

  absl::Status Start() {
    UNDERSTUDY_ASSIGN_OR_RETURN(
        store_,
        OpenRocksdbVaultStore(config_.data_directory, {.cache_bytes = config_.cache_bytes}));
    UNDERSTUDY_RETURN_IF_ERROR(StartEngine());
    context_.emplace(VaultContext{clock_, *store_, *engine_, *role_, *feed_, pool_, metrics_});
    documents_ = std::make_unique<DocumentsService>(
        *context_, DocumentsOptions{.max_watchers = config_.max_watchers, .watcher = {}}, streams_);
    registry_ = std::make_unique<RegistryService>(*context_, streams_);
    UNDERSTUDY_RETURN_IF_ERROR(Listen());
    housekeeping_.Post([this] { MeasureDisk(); });
    return absl::OkStatus();
  }

  void AddStopSteps(lifecycle::StopSequence& stop) {
    stop.Add("calls", [this] { StopCalls(); });
    stop.Add("engine", [this] { StopEngine(); });
    stop.Add("store", [this] { store_.reset(); });
  }

  int port() const { return rpc_->port(); }

 private:
  absl::Status StartEngine() {
    UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, store_->Snapshot()->ReadCounters());
    feed_ = std::make_unique<ChangeFeed>(counters.revision, kRecentChanges);
    EmbeddedEngineOptions options;
    options.policy.keep_revisions = config_.keep_revisions;
    UNDERSTUDY_ASSIGN_OR_RETURN(engine_,
                                EmbeddedEngine::Start(options, clock_, *store_, *feed_, reporter_));
    reporter_.Show(counters);
    role_.emplace(RoleState{.role = Role::kRoot, .epoch = engine_->epoch()});
    metrics_.epoch.Set(static_cast<double>(engine_->epoch()));
    log_.Info("opened {}: epoch {}, revision {}, {} documents", config_.data_directory,
              engine_->epoch(), counters.revision, counters.documents);
    return absl::OkStatus();
  }

  absl::Status Listen() {
    UNDERSTUDY_ASSIGN_OR_RETURN(
        rpc_,
        rpc::Server::Start(config_.service,
                           {.service = "config-vault",
                            .registry = &metrics_registry_,
                            .services = {{documents_.get(), v1::Documents::service_full_name()},
                                         {registry_.get(), v1::Registry::service_full_name()}},
                            .streams = &streams_,
                            .other_ports = {}}));
    reporter_.Attach(rpc_.get());
    return absl::OkStatus();
  }

  void MeasureDisk() {
    metrics_.disk_bytes.Set(static_cast<double>(store_->DiskBytes()));
    housekeeping_.RunAt(clock_.SteadyNow() + kDiskBytesInterval, [this] { MeasureDisk(); });
  }

  // Calls under way still need the pool and the engine.
  void StopCalls() {
    reporter_.Detach();
    if (rpc_ != nullptr) rpc_->Shutdown();
  }
  void StopEngine() {
    housekeeping_.Stop();
    pool_.Stop();
    if (engine_ != nullptr) engine_->Stop();
  }
  void Stop() {
    StopCalls();
    StopEngine();
  }

  const Config config_;
  const SystemClock clock_;
  const log::Logger log_{"config-vault"};
  metrics::Registry metrics_registry_;
  VaultMetrics metrics_{metrics_registry_};
  EngineReporter reporter_{metrics_, log_};
  rpc::StreamGroup streams_;
  std::unique_ptr<VaultStore> store_;
  std::unique_ptr<ChangeFeed> feed_;
  std::unique_ptr<EmbeddedEngine> engine_;
  std::optional<RoleFeed> role_;
  WorkerPool pool_;
  SerialExecutor housekeeping_;
  std::optional<VaultContext> context_;
  std::unique_ptr<DocumentsService> documents_;
  std::unique_ptr<RegistryService> registry_;
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

}  // namespace understudy::config_vault
