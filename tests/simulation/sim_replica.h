#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_REPLICA_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_REPLICA_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/sim/sim_world.h"
#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/etcd/replica_start.h"
#include "services/config_vault/etcd/site_keys.h"
#include "services/config_vault/root_key.h"
#include "tests/simulation/sim_etcd_client.h"
#include "tests/simulation/store_disk.h"

namespace understudy::simulation {

// A vault's replica, as services/config_vault/etcd/replica.h is one, without its thread: the same
// pure parts (how to begin, how pieces become revisions, how revisions become batches) on a
// simulated node. It gives its snapshot to other replicas at the port "snapshot".
class SimReplica {
 public:
  struct Outside {
    // Where other replicas' snapshots are.
    std::vector<std::string> peers;
    // The key `root`, when all before it is in the store.
    std::function<void(const config_vault::RootClaim&)> on_root;
    // A batch is in the store, the next one after what it had come to.
    std::function<void(int64_t after, int64_t revision, const config_vault::VaultBatch& batch)>
        on_applied;
    // The store was filled from a snapshot: what changed meanwhile was not told one by one.
    std::function<void()> on_filled;
  };
  struct Tip {
    bool following = false;
    uint64_t cluster_id = 0;
    int64_t applied = 0;
    int64_t batch_revision = 0;
    uint64_t lineage = 0;
  };

  SimReplica(SimWorld& world, SimNode& node, SimEtcdClient& etcd, StoreDisk& disk, Outside outside);

  const Tip& tip() const { return tip_; }
  const config_vault::VaultStore& store() const { return disk_.store(); }
  const config_vault::etcd::SiteKeys& keys() const { return keys_; }
  // Why it cannot go on; OK otherwise.
  const absl::Status& stuck() const { return stuck_; }

  // A batch that this node has committed itself.
  void ApplyOwn(int64_t revision, const config_vault::etcd::BatchOrigin& origin,
                const config_vault::VaultBatch& batch);
  // Calls `then` once the batch of that revision is in the store, or (false) not in time.
  void WhenApplied(int64_t batch_revision, absl::Duration patience, std::function<void(bool)> then);
  // The revision of the batch with this proposal; 0 when it is not among those in the store.
  int64_t FindProposal(uint64_t proposal) const;

 private:
  struct Site;
  struct SnapshotWanted;
  struct SnapshotMessage;
  class Filling;

  void Prepare();
  void PrepareAgain();
  void Begin(const config_vault::etcd::RangeResult& found);
  void Fill(std::shared_ptr<Filling> filling);
  void FillFromEtcd(const config_vault::etcd::RangeResult& found);
  void Finish(const config_vault::Counters& counters,
              const config_vault::ReplicaPosition& position);
  void Follow(const config_vault::etcd::RangeResult& found);
  void OnEvents(const config_vault::etcd::RevisionEvents& events);
  void Apply(int64_t revision, const config_vault::etcd::BatchOrigin& origin,
             const config_vault::VaultBatch& batch);
  void TellRoot(const config_vault::etcd::KeyValue& root);
  void GiveSnapshot(const std::shared_ptr<SimStream>& stream);
  void SyncSometimes();
  void RunWaiting();
  void After(absl::Duration delay, std::function<void()> task);

  SimWorld& world_;
  SimNode& node_;
  SimEtcdClient& etcd_;
  StoreDisk& disk_;
  const Outside outside_;
  const config_vault::etcd::SiteKeys keys_{"local"};
  Tip tip_;
  bool must_fill_ = false;
  // etcd has forgotten what came before, and this replica needed it.
  int64_t compacted_ = 0;
  absl::Status stuck_;
  std::deque<std::pair<uint64_t, int64_t>> proposals_;
  std::multimap<int64_t, std::shared_ptr<std::function<void(bool)>>> waiting_;
  // From the replica that is asked for its snapshot.
  std::shared_ptr<SimStream> filling_;
  std::map<SimStream*, std::shared_ptr<SimStream>> readers_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_REPLICA_H_
