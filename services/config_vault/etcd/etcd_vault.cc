#include "services/config_vault/etcd/etcd_vault.h"

#include <algorithm>
#include <utility>

#include "common/executor/serial_executor.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/etcd_metrics.h"
#include "services/config_vault/etcd/etcd_root_key.h"
#include "services/config_vault/etcd/read_gate.h"

namespace understudy::config_vault::etcd {
namespace {

// The gauge of the data's age is only as good as the last question; it is put this often.
constexpr absl::Duration kConfirmInterval = absl::Seconds(1);

// Passes what the parts say on to metrics and log, and the store's health to the vault's observer.
class Reporter final : public ReplicaObserver,
                       public ReadGateObserver,
                       public EtcdEngineObserver,
                       public UpkeepObserver {
 public:
  Reporter(metrics::Registry& registry, EtcdVaultObserver& vault)
      : metrics_(registry), vault_(vault) {
    metrics_.writable.Set(1);
  }

  void OnFollowing(const absl::Status& state) override {
    metrics_.following.Set(state.ok() ? 1 : 0);
    if (state.ok()) return log_.Info("following etcd's changes");
    if (ErrorReason(state) == "FILLING") {
      metrics_.fills.Add();
      return log_.Info("{}", DescribeError(state));
    }
    log_.Warn("not following etcd: {}", DescribeError(state));
  }
  void OnConnection(const absl::Status& state) override {
    metrics_.connected.Set(state.ok() ? 1 : 0);
    if (state.ok()) return log_.Info("connected to etcd");
    log_.Warn("the connection to etcd is lost: {}", DescribeError(state));
  }
  void OnApplied(const Counters& counters) override { vault_.OnApplied(counters); }
  void OnDiskState(const absl::Status& state) override { vault_.OnDiskState(state); }

  void OnReads(size_t reads, bool asks_etcd) override {
    (asks_etcd ? metrics_.reads_by_etcd : metrics_.reads_by_lease).Add(static_cast<double>(reads));
  }

  void OnCommitted(size_t commands, absl::Duration took) override {
    vault_.OnOrdered(commands, took);
  }
  void OnReachable(const absl::Status& state) override {
    metrics_.writable.Set(state.ok() ? 1 : 0);
    if (state.ok()) return log_.Info("etcd takes writes again");
    log_.Error("writes are refused, reads go on: {}", DescribeError(state));
  }

  void OnReport(const UpkeepReport& report) override;
  void OnCompacted(int64_t revision) override {
    metrics_.compactions.Add();
    log_.Info("etcd has forgotten its history before revision {}", revision);
  }
  void OnDefragmented(const MemberStatus& member, const absl::Status& result) override {
    if (!result.ok()) {
      log_.Warn("the etcd member at {} was not defragmented: {}", member.endpoint,
                DescribeError(result));
      return;
    }
    metrics_.defragmentations.Add();
    log_.Info("the etcd member at {} was defragmented; {} of {} bytes were used", member.endpoint,
              member.used_bytes, member.file_bytes);
  }

  EtcdMetrics& metrics() { return metrics_; }

 private:
  EtcdMetrics metrics_;
  EtcdVaultObserver& vault_;
  const log::Logger log_{"etcd"};
  // Of the upkeep's executor.
  size_t alarms_ = 0;
};

void Reporter::OnReport(const UpkeepReport& report) {
  const auto answering = std::count_if(report.members.begin(), report.members.end(),
                                       [](const auto& member) { return member.has_value(); });
  metrics_.members.Set(static_cast<double>(answering));
  MemberStatus largest;
  for (const std::optional<MemberStatus>& member : report.members) {
    if (member.has_value() && member->file_bytes > largest.file_bytes) largest = *member;
  }
  metrics_.file_bytes.Set(static_cast<double>(largest.file_bytes));
  metrics_.used_bytes.Set(static_cast<double>(largest.used_bytes));
  const auto count = [&](Alarm kind) {
    return std::count_if(report.alarms.begin(), report.alarms.end(),
                         [&](const MemberAlarm& alarm) { return alarm.alarm == kind; });
  };
  metrics_.quota_alarms.Set(static_cast<double>(count(Alarm::kNoSpace)));
  metrics_.corrupt_alarms.Set(static_cast<double>(count(Alarm::kCorrupt)));
  if (report.alarms.size() > alarms_) {
    log_.Warn("etcd has raised an alarm: {} members have used up their quota, {} are corrupt",
              count(Alarm::kNoSpace), count(Alarm::kCorrupt));
  }
  alarms_ = report.alarms.size();
}

class EtcdVaultImpl final : public EtcdVault {
 public:
  EtcdVaultImpl(const EtcdVaultOptions& options, const Parts& parts,
                std::unique_ptr<EtcdClient> client)
      : clock_(parts.clock),
        reporter_(parts.metrics, parts.observer),
        client_(std::move(client)),
        replica_(options.replica, *client_, parts.store, parts.feed, parts.clock, parts.source,
                 reporter_),
        gate_({}, *client_, replica_, lease_, parts.clock, reporter_),
        root_key_({}, *client_, replica_),
        engine_(options.engine, *client_, replica_, parts.store, parts.clock, parts.role, lease_,
                reporter_),
        upkeep_executor_("vault-upkeep", parts.clock),
        confirm_executor_("vault-confirm", parts.clock),
        upkeep_({*client_, replica_, upkeep_executor_, parts.clock, reporter_}, options.upkeep,
                [&role = parts.role] { return role.current().role == Role::kRoot; }) {}
  ~EtcdVaultImpl() override { Stop(); }

  absl::Status Begin() {
    UNDERSTUDY_RETURN_IF_ERROR(replica_.Start());
    upkeep_.Start();
    confirm_executor_.Post([this] { Confirm(); });
    return absl::OkStatus();
  }

  Engine& engine() override { return engine_; }
  Reign& reign() override { return engine_; }
  RootKey& root_key() override { return root_key_; }
  ReadBarrier& reads() override { return gate_; }
  ReadLease& read_lease() override { return lease_; }
  Restorer& restorer() override { return engine_; }
  Replica& replica() override { return replica_; }
  EtcdClient& client() override { return *client_; }

  void Stop() override {
    confirm_executor_.Stop();
    upkeep_executor_.Stop();
    engine_.Stop();
    replica_.Stop();
  }

 private:
  void Confirm() {
    replica_.ExpireWaiting();
    engine_.ExpireWaiting();
    gate_.Confirm();
    reporter_.metrics().data_age_seconds.Set(absl::ToDoubleSeconds(gate_.DataAge()));
    confirm_executor_.RunAt(clock_.SteadyNow() + kConfirmInterval, [this] { Confirm(); });
  }

  const Clock& clock_;
  Reporter reporter_;
  const std::unique_ptr<EtcdClient> client_;
  Replica replica_;
  ReadLease lease_;
  ReadGate gate_;
  EtcdRootKey root_key_;
  EtcdEngine engine_;
  SerialExecutor upkeep_executor_;
  SerialExecutor confirm_executor_;
  Upkeep upkeep_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EtcdVault>> EtcdVault::Start(const EtcdVaultOptions& options,
                                                            const Parts& parts) {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::unique_ptr<EtcdClient> client,
                              NewGrpcEtcdClient(options.client, parts.clock));
  auto vault = std::make_unique<EtcdVaultImpl>(options, parts, std::move(client));
  UNDERSTUDY_RETURN_IF_ERROR(vault->Begin());
  return std::unique_ptr<EtcdVault>(std::move(vault));
}

}  // namespace understudy::config_vault::etcd
