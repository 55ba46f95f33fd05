#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_ETCD_NODE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_ETCD_NODE_H_

#include <atomic>
#include <memory>
#include <string>

#include "common/rpc/testing/inbox.h"
#include "common/time/system_clock.h"
#include "services/config_vault/change_feed.h"
#include "services/config_vault/etcd/etcd_engine.h"
#include "services/config_vault/etcd/etcd_root_key.h"
#include "services/config_vault/etcd/read_gate.h"
#include "services/config_vault/etcd/replica.h"
#include "services/config_vault/etcd/testing/fake_etcd.h"
#include "services/config_vault/role_feed.h"
#include "services/config_vault/testing/memory_vault_store.h"

namespace understudy::config_vault::etcd {

// The vault of one control node on a fake etcd, for tests: store, replica, engine, root key and
// read gate. It claims the root's place when told to, as the root's own rules would.
class EtcdNode final : public ReplicaObserver, public EtcdEngineObserver, public ReadGateObserver {
 public:
  struct Options {
    ReplicaOptions replica = {.retry_interval = absl::Milliseconds(2),
                              .sync_interval = absl::Milliseconds(5),
                              .call_timeout = absl::Seconds(1)};
    EtcdEngineOptions engine = {
        .patience = absl::Milliseconds(50),
        .backoff = {.initial = absl::Milliseconds(1), .maximum = absl::Milliseconds(2)}};
    SnapshotSource* source = nullptr;
  };

  EtcdNode(FakeEtcd& etcd, std::string id, Options options);
  EtcdNode(FakeEtcd& etcd, std::string id) : EtcdNode(etcd, std::move(id), Options()) {}
  ~EtcdNode() override;

  // A restart with the same store: all else is made anew.
  void Restart();
  // A restart against another etcd.
  void MoveTo(FakeEtcd& etcd);
  // Claims the root's place, first of whoever had it under `expected`, waits until the replica has
  // come to the claim, and begins to reign.
  Epoch BecomeRoot(Epoch expected = 0);
  // Proposes and waits, also until the store has it where that works.
  absl::StatusOr<Outcome> Propose(Command command);
  absl::Status ReadCurrent();

  FakeEtcd::Client& client() { return *client_; }
  MemoryVaultStore& store() { return *store_; }
  Replica& replica() { return *replica_; }
  EtcdEngine& engine() { return *engine_; }
  EtcdRootKey& root_key() { return *root_key_; }
  ReadGate& gate() { return *gate_; }
  // As the root claim would renew it.
  ReadLease& lease() { return lease_; }
  int reads_by_lease() const { return reads_by_lease_; }
  ChangeFeed& feed() { return *feed_; }
  // Everything in the store, as bytes that compare.
  std::string Contents() const;

  rpc::testing::Inbox<absl::Status> following;
  rpc::testing::Inbox<absl::Status> reachable;
  rpc::testing::Inbox<Epoch> deposed;

  void OnFollowing(const absl::Status& state) override { following.Put(state); }
  void OnConnection(const absl::Status&) override {}
  void OnApplied(const Counters&) override {}
  void OnDiskState(const absl::Status&) override {}
  void OnCommitted(size_t, absl::Duration) override {}
  void OnReachable(const absl::Status& state) override { reachable.Put(state); }
  void OnReads(size_t reads, bool asks_etcd) override {
    reads_by_lease_ += asks_etcd ? 0 : static_cast<int>(reads);
  }

 private:
  void Start();
  void Stop();
  void End();
  void AwaitStore(Revision revision);

  const std::string id_;
  const Options options_;
  const SystemClock clock_;
  std::unique_ptr<FakeEtcd::Client> client_;
  std::unique_ptr<MemoryVaultStore> store_ = std::make_unique<MemoryVaultStore>();
  RoleFeed role_{RoleState{}};
  ReadLease lease_;
  std::atomic<int> reads_by_lease_ = 0;
  std::unique_ptr<ChangeFeed> feed_;
  std::unique_ptr<Replica> replica_;
  std::unique_ptr<EtcdEngine> engine_;
  std::unique_ptr<EtcdRootKey> root_key_;
  std::unique_ptr<ReadGate> gate_;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_ETCD_NODE_H_
