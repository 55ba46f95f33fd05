#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_ETCD_CLIENT_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_ETCD_CLIENT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "common/sim/sim_world.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/revision_assembler.h"
#include "tests/simulation/sim_etcd_server.h"

namespace understudy::simulation {

// A simulated node's way to etcd: calls that end within their time, and one watch that goes on
// across lost connections, its pieces put together by the production assembler.
class SimEtcdClient {
 public:
  template <typename Result>
  using Done = std::function<void(const absl::StatusOr<Result>&)>;
  using OnEvents = std::function<void(const config_vault::etcd::RevisionEvents&)>;
  using OnEnd = std::function<void(const absl::Status&)>;

  SimEtcdClient(SimWorld& world, SimNode& node);

  // UNAVAILABLE: no answer came in time; a transaction may have happened, or may happen still.
  void Range(const config_vault::etcd::RangeQuery& query, absl::Duration timeout,
             Done<config_vault::etcd::RangeResult> done);
  void Commit(const config_vault::etcd::Transaction& transaction, absl::Duration timeout,
              Done<config_vault::etcd::TransactionResult> done);

  // All changes from `revision` on. An earlier watch is ended.
  void Watch(int64_t revision, OnEvents on_events, OnEnd on_end);

 private:
  using OnReply = std::function<void(const EtcdReply*)>;

  template <typename Result, typename What>
  void Ask(const What& what, absl::Duration timeout, Done<Result> done);
  void Settle(uint64_t number, const EtcdReply* reply);
  void Connect();
  void OnMessage(const EtcdWatchMessage& message);

  SimWorld& world_;
  SimNode& node_;
  uint64_t last_number_ = 0;
  std::map<uint64_t, OnReply> waiting_;
  std::shared_ptr<SimStream> stream_;
  std::optional<config_vault::etcd::RevisionAssembler> assembler_;
  // Grows with each watch: what is on its way to an earlier one finds nobody.
  uint64_t watch_ = 0;
  OnEvents on_events_;
  OnEnd on_end_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_ETCD_CLIENT_H_
