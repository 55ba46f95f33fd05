#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_ETCD_SERVER_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_ETCD_SERVER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/sim/sim_world.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/testing/fake_etcd.h"

namespace understudy::simulation {

// What travels to and from etcd: a call to its port "etcd", the answer to "etcd-answer"; a watch is
// a stream to "etcd-watch".
struct EtcdCall {
  uint64_t number = 0;
  std::variant<config_vault::etcd::RangeQuery, config_vault::etcd::Transaction> what;
};
struct EtcdReply {
  uint64_t number = 0;
  std::variant<config_vault::etcd::RangeResult, config_vault::etcd::TransactionResult> result;
};
struct EtcdWatchFrom {
  int64_t revision = 0;
};
struct EtcdWatchMessage {
  std::vector<config_vault::etcd::Event> events = {};
  // The next message goes on with the same revision.
  bool continued = false;
  // Not OK: the watch is over.
  absl::Status end = {};
};

// An etcd with its majority on a simulated node: the key space lies on its members' disks and
// survives all of them, calls are lost and repeated, large revisions come to watchers in pieces,
// and old history is forgotten, by the production plan, much sooner than in a real site.
class SimEtcdServer {
 public:
  struct Faults {
    // Transactions are done whether their conditions hold or not: what must never be.
    bool compares_nothing = false;
  };

  // `key_space` and `faults` must outlive the server.
  SimEtcdServer(SimWorld& world, SimNode& node, config_vault::etcd::FakeEtcd& key_space,
                const Faults& faults);

 private:
  class Watcher;
  using Client = config_vault::etcd::FakeEtcd::Client;

  void OnCall(const std::string& from, EtcdCall call);
  void Accept(const std::shared_ptr<SimStream>& stream);
  void Keep();

  SimWorld& world_;
  SimNode& node_;
  config_vault::etcd::FakeEtcd& key_space_;
  const Faults& faults_;
  const std::unique_ptr<Client> client_;
  int64_t compacted_ = 0;
  struct OpenWatch {
    std::shared_ptr<SimStream> stream;
    std::unique_ptr<config_vault::etcd::EtcdClient::Watch> watch;
  };
  std::map<SimStream*, OpenWatch> watches_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_ETCD_SERVER_H_
