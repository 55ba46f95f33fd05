#include "services/config_vault/server.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "common/executor/serial_executor.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/random/random.h"
#include "common/rpc/server.h"
#include "common/rpc/stream_group.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"
#include "services/config_vault/control_node_parts.h"
#include "services/config_vault/control_nodes_document.h"
#include "services/config_vault/control_service.h"
#include "services/config_vault/documents_service.h"
#include "services/config_vault/embedded_engine.h"
#include "services/config_vault/etcd/etcd_vault.h"
#include "services/config_vault/etcd/peer_snapshot.h"
#include "services/config_vault/etcd/replication_service.h"
#include "services/config_vault/etcd/sole_root.h"
#include "services/config_vault/household.h"
#include "services/config_vault/registry_service.h"
#include "services/config_vault/restore/restore_fill.h"
#include "services/config_vault/rocksdb_vault_store.h"
#include "services/config_vault/role_feed.h"

namespace understudy::config_vault {
namespace {

constexpr size_t kRecentChanges = 4096;
constexpr absl::Duration kDiskBytesInterval = absl::Seconds(10);

// Passes what the engine says on to metrics, log and health.
class EngineReporter final : public EngineObserver, public etcd::EtcdVaultObserver {
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
    OnOrdered(commands, took);
    Show(counters);
  }
  void OnOrdered(size_t commands, absl::Duration took) override {
    metrics_.commit_commands.Observe(static_cast<double>(commands));
    metrics_.commit_seconds.Observe(took);
  }
  void OnApplied(const Counters& counters) override { Show(counters); }

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

etcd::EtcdVaultOptions MakeEtcdOptions(const Config& config) {
  etcd::EtcdVaultOptions options;
  options.client.endpoints = config.etcd.endpoints;
  options.client.tls = config.etcd.tls;
  options.replica.site = config.etcd.site;
  options.engine.policy.keep_revisions = config.keep_revisions;
  options.engine.max_transaction_writes = config.etcd.max_transaction_writes;
  options.engine.max_transaction_bytes = config.etcd.max_transaction_bytes;
  options.engine.patience = config.etcd.write_patience;
  options.engine.replicated = config.etcd.replicated;
  options.upkeep.policy.kept_revisions = config.etcd.kept_revisions;
  options.upkeep.interval = config.etcd.upkeep_interval;
  return options;
}

// Who may have a snapshot: the vaults that `etcd.peers` names, and the site's other control nodes'.
std::vector<std::string> SnapshotPeers(const Config& config) {
  std::vector<std::string> peers = config.etcd.peers;
  for (const ControlNode& node : config.control.nodes) {
    const std::string& vault = node.addresses.vault;
    const bool is_known = std::find(peers.begin(), peers.end(), vault) != peers.end();
    if (config.control.several && node.id != config.control.node && !is_known) {
      peers.push_back(vault);
    }
  }
  return peers;
}

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
    context_.emplace(VaultContext{clock_, *store_, *reads_, *engine_, *role_, household_, *feed_,
                                  pool_, metrics_});
    documents_ = std::make_unique<DocumentsService>(
        *context_,
        DocumentsOptions{.max_watchers = config_.max_watchers, .watcher = {}, .read_session = {}},
        streams_);
    registry_ = std::make_unique<RegistryService>(*context_, streams_);
    control_ = std::make_unique<ControlService>(
        *context_, control_parts_ == nullptr ? nullptr : &control_parts_->site(),
        ControlNode{.id = config_.control.node, .addresses = config_.control.advertise});
    replication_ = std::make_unique<ReplicationService>(
        *store_, clock_, streams_, config_.data_directory,
        ReplicationService::Hooks{
            .is_following = [this] { return etcd_ == nullptr || etcd_->replica().tip().following; },
            .seed = [this] { return Seed(); },
            .epoch = [this] { return role_->current().epoch; },
            .restore = [this](BackupRecords& backup,
                              bool replace) { return Restore(backup, replace); }});
    UNDERSTUDY_RETURN_IF_ERROR(Listen());
    if (control_parts_ != nullptr) control_parts_->Start();
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
    reporter_.Show(counters);
    UNDERSTUDY_RETURN_IF_ERROR(config_.engine == EngineKind::kEtcd ? StartEtcd() : StartEmbedded());
    role_->Subscribe(
        [this](const RoleState& role) { metrics_.epoch.Set(static_cast<double>(role.epoch)); });
    log_.Info("opened {}: epoch {}, revision {}, {} documents", config_.data_directory,
              role_->current().epoch, counters.revision, counters.documents);
    return absl::OkStatus();
  }

  absl::Status StartEmbedded() {
    UNDERSTUDY_ASSIGN_OR_RETURN(const bool was_dropped, DropUnfinishedRestore(*store_));
    if (was_dropped) log_.Warn("a restore was broken off: the vault is empty, repeat the restore");
    EmbeddedEngineOptions options;
    options.policy.keep_revisions = config_.keep_revisions;
    UNDERSTUDY_ASSIGN_OR_RETURN(embedded_,
                                EmbeddedEngine::Start(options, clock_, *store_, *feed_, reporter_));
    role_.emplace(EmbeddedRole());
    engine_ = embedded_.get();
    reads_ = &always_current_;
    return absl::OkStatus();
  }

  RoleState EmbeddedRole() const {
    return {.role = Role::kRoot,
            .epoch = embedded_->epoch(),
            .root = config_.control.node,
            .root_addresses = config_.control.advertise};
  }

  absl::Status StartEtcd() {
    role_.emplace(RoleState{.role = Role::kSentinel});
    peers_.emplace([peers = SnapshotPeers(config_)] { return peers; }, config_.service.tls);
    UNDERSTUDY_ASSIGN_OR_RETURN(
        etcd_, etcd::EtcdVault::Start(MakeEtcdOptions(config_), {.store = *store_,
                                                                 .feed = *feed_,
                                                                 .role = *role_,
                                                                 .clock = clock_,
                                                                 .metrics = metrics_registry_,
                                                                 .observer = reporter_,
                                                                 .source = &*peers_}));
    engine_ = &etcd_->engine();
    reads_ = &etcd_->reads();
    return config_.control.several ? MakeControlNode() : StartSoleRoot();
  }

  absl::Status MakeControlNode() {
    UNDERSTUDY_ASSIGN_OR_RETURN(
        control_parts_, ControlNodeParts::Make(config_.control, {.clock = clock_,
                                                                 .registry = metrics_registry_,
                                                                 .key = etcd_->root_key(),
                                                                 .reign = etcd_->reign(),
                                                                 .lease = etcd_->read_lease(),
                                                                 .engine = *engine_,
                                                                 .role = *role_,
                                                                 .household = household_,
                                                                 .store = *store_}));
    return absl::OkStatus();
  }

  absl::Status StartSoleRoot() {
    RootRecord record{.node_id = config_.service.listen,
                      .instance = Random::FromEntropy().Next() | 1,
                      .addresses = {.vault = config_.service.listen},
                      .claimed_at = clock_.WallNow()};
    root_executor_.emplace("vault-root", clock_);
    sole_root_.emplace(
        SoleRoot::Parts{etcd_->root_key(), etcd_->reign(), *role_, *root_executor_, clock_},
        std::move(record));
    sole_root_->Start();
    return absl::OkStatus();
  }

  absl::StatusOr<v1::SeedResponse> Seed() {
    if (etcd_ == nullptr) {
      return MakeError(absl::StatusCode::kFailedPrecondition, "NO_ETCD",
                       "this vault has the embedded engine: start it with `engine: etcd` first");
    }
    UNDERSTUDY_ASSIGN_OR_RETURN(const etcd::SeedResult seeded,
                                etcd_->replica().Seed(role_->current().epoch));
    log_.Warn("etcd was built anew from this replica: revision {}, {} documents, epochs above {}",
              seeded.counters.revision, seeded.documents, seeded.epoch_base);
    v1::SeedResponse response;
    response.set_revision(seeded.counters.revision);
    response.set_documents(seeded.documents);
    response.set_epoch_base(seeded.epoch_base);
    return response;
  }

  absl::StatusOr<Restored> Restore(BackupRecords& backup, bool replace) {
    Restorer& restorer = etcd_ == nullptr ? *embedded_ : etcd_->restorer();
    absl::StatusOr<Restored> restored =
        restorer.Restore(backup, {.replace = replace,
                                  .kept_documents = {kControlNodesDocument},
                                  .time = clock_.WallNow()});
    if (!restored.ok()) {
      log_.Warn("a restore has failed: {}", DescribeError(restored.status()));
      return restored;
    }
    if (embedded_ != nullptr) role_->Publish(EmbeddedRole());
    reporter_.Show(restored->counters);
    log_.Warn("a backup was restored: revision {}, {} documents, epoch {}",
              restored->counters.revision, restored->counters.documents, restored->epoch);
    return restored;
  }

  absl::Status Listen() {
    UNDERSTUDY_ASSIGN_OR_RETURN(
        rpc_, rpc::Server::Start(
                  config_.service,
                  {.service = "config-vault",
                   .registry = &metrics_registry_,
                   .services = {{documents_.get(), v1::Documents::service_full_name()},
                                {registry_.get(), v1::Registry::service_full_name()},
                                {control_.get(), v1::Control::service_full_name()},
                                {replication_.get(), v1::Replication::service_full_name()}},
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
    StopReign();
    if (rpc_ != nullptr) rpc_->Shutdown();
  }
  void StopEngine() {
    housekeeping_.Stop();
    if (replication_ != nullptr) replication_->Stop();
    pool_.Stop();
    if (embedded_ != nullptr) embedded_->Stop();
    if (etcd_ != nullptr) etcd_->Stop();
  }
  // With etcd out of reach, calls would wait for it longer than a shutdown may take.
  void StopReign() {
    if (peers_.has_value()) peers_->Cancel();
    if (control_parts_ != nullptr) {
      control_parts_->Stop();
      etcd_->reign().EndReign();
    }
    if (!sole_root_.has_value()) return;
    root_executor_->Stop();
    sole_root_->Stop();
    etcd_->reign().EndReign();
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
  std::optional<RoleFeed> role_;
  Household household_;
  AlwaysCurrent always_current_;
  std::unique_ptr<EmbeddedEngine> embedded_;
  // Outlive etcd's calls that are under way.
  std::optional<SerialExecutor> root_executor_;
  std::optional<SoleRoot> sole_root_;
  std::unique_ptr<ControlNodeParts> control_parts_;
  std::optional<etcd::PeerSnapshotSource> peers_;
  std::unique_ptr<etcd::EtcdVault> etcd_;
  // One of the two engines.
  Engine* engine_ = nullptr;
  ReadBarrier* reads_ = nullptr;
  WorkerPool pool_;
  SerialExecutor housekeeping_;
  std::optional<VaultContext> context_;
  std::unique_ptr<DocumentsService> documents_;
  std::unique_ptr<RegistryService> registry_;
  std::unique_ptr<ReplicationService> replication_;
  std::unique_ptr<ControlService> control_;
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
