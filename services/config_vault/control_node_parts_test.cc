// Control nodes over real sockets, with a key, engines and stores in memory. Nothing here depends
// on speed: what must happen is waited for.

#include "services/config_vault/control_node_parts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/config/config_reader.h"
#include "common/status/status.h"
#include "common/testing/eventually.h"
#include "common/time/system_clock.h"
#include "services/config_vault/testing/fake_root_key.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/vault_state_machine.h"

namespace understudy::config_vault {
namespace {

// Remembers what the root claim makes of it, and writes the nodes' document to the node's store.
class FakeEngine final : public Engine, public Reign {
 public:
  explicit FakeEngine(MemoryVaultStore& store) : store_(store) {}

  void Propose(Command command, Done done) override {
    const auto view = store_.Snapshot();
    VaultStateMachine machine({}, reign(), *view);
    const absl::StatusOr<Outcome> outcome = machine.Apply(std::move(command));
    EXPECT_TRUE(store_.Commit(machine.batch()).ok());
    done(outcome);
  }
  void BeginReign(Epoch epoch) override {
    absl::MutexLock lock(&mutex_);
    reign_ = epoch;
  }
  void EndReign() override {
    absl::MutexLock lock(&mutex_);
    reign_ = 0;
  }
  void SetListener(Listener) override {}
  ReplicaProgress progress() const override { return {.following = true, .applied = 5}; }

  Epoch reign() const {
    absl::MutexLock lock(&mutex_);
    return reign_;
  }

 private:
  MemoryVaultStore& store_;
  mutable absl::Mutex mutex_;
  Epoch reign_ ABSL_GUARDED_BY(mutex_) = 0;
};

struct Vault {
  explicit Vault(SharedRootKey& shared) : key(shared) {
    household.Arrive("membership");
    household.Arrive("failover-orchestrator");
  }
  bool HasNodes() const { return store.Snapshot()->FindHead(kControlNodesDocument)->has_value(); }

  metrics::Registry registry;
  MemoryVaultStore store;
  FakeRootKey key;
  FakeEngine engine{store};
  ReadLease lease;
  RoleFeed role{RoleState()};
  Household household;
  std::unique_ptr<ControlNodeParts> parts;
};

class ControlNodePartsTest : public ::testing::Test {
 protected:
  void Start(int nodes) {
    const std::string secret = ::testing::TempDir() + "/secret";
    std::ofstream(secret) << "a secret of more than thirty-two bytes\n";
    ASSERT_EQ(chmod(secret.c_str(), 0600), 0);
    // Free ports are found by asking for them; the probes are closed before the vaults bind.
    std::vector<ControlNode> all;
    {
      std::vector<std::unique_ptr<ControlSocket>> probes;
      for (int i = 1; i <= nodes; ++i) {
        probes.push_back(*ControlSocket::Bind("127.0.0.1:0"));
        const std::string id = absl::StrCat("control-", i);
        all.push_back({.id = id,
                       .addresses = {.vault = id + ":1",
                                     .membership = id + ":2",
                                     .orchestrator = id + ":3"},
                       .beats = absl::StrCat("127.0.0.1:", probes.back()->port())});
      }
    }
    for (const ControlNode& node : all) StartNode(node, all, secret);
  }

  void StartNode(const ControlNode& node, const std::vector<ControlNode>& all,
                 const std::string& secret) {
    auto vault = std::make_unique<Vault>(shared_);
    ControlConfig config;
    config.node = node.id;
    config.advertise = node.addresses;
    config.beat_listen = node.beats;
    config.secret_file = secret;
    config.nodes = all;
    auto parts = ControlNodeParts::Make(config, {.clock = clock_,
                                                 .registry = vault->registry,
                                                 .key = vault->key,
                                                 .reign = vault->engine,
                                                 .lease = vault->lease,
                                                 .engine = vault->engine,
                                                 .role = vault->role,
                                                 .household = vault->household,
                                                 .store = vault->store});
    ASSERT_TRUE(parts.ok()) << parts.status();
    vault->parts = *std::move(parts);
    vault->parts->Start();
    vaults_[node.id] = std::move(vault);
  }

  // The node that all see as root, itself among them; empty while they do not agree.
  std::string Root() const {
    std::string root;
    for (const auto& [id, vault] : vaults_) {
      const RoleState state = vault->role.current();
      if (state.root.empty() || (!root.empty() && state.root != root)) return "";
      root = state.root;
    }
    const auto found = vaults_.find(root);
    const bool acts = found != vaults_.end() &&
                      found->second->role.current().role == Role::kRoot &&
                      found->second->engine.reign() == shared_.claim().epoch;
    return acts ? root : "";
  }
  std::vector<ControlNodeStatus> List(const std::string& id) {
    std::vector<ControlNodeStatus> list;
    absl::Notification listed;
    vaults_.at(id)->parts->site().List([&](std::vector<ControlNodeStatus> answer) {
      list = std::move(answer);
      listed.Notify();
    });
    listed.WaitForNotification();
    return list;
  }

  const SystemClock clock_;
  SharedRootKey shared_;
  std::map<std::string, std::unique_ptr<Vault>> vaults_;
};

TEST_F(ControlNodePartsTest, OneOfThreeIsRootAndAnotherFollowsWhenItIsGone) {
  Start(3);
  ASSERT_TRUE(testing::Eventually([&] { return !Root().empty(); }));
  const std::string first = Root();
  vaults_.erase(first);
  ASSERT_TRUE(testing::Eventually([&] { return !Root().empty(); }));
  EXPECT_NE(Root(), first);
}

TEST_F(ControlNodePartsTest, TheFirstRootAdmitsTheConfiguredNodes) {
  Start(1);
  EXPECT_TRUE(testing::Eventually([&] { return vaults_.at("control-1")->HasNodes(); }));
}

TEST_F(ControlNodePartsTest, TheOthersPromisesGiveTheRootItsLease) {
  Start(3);
  ASSERT_TRUE(testing::Eventually([&] { return !Root().empty(); }));
  Vault& root = *vaults_.at(Root());
  root.lease.Settle({.epoch = root.engine.reign(), .nodes = 1, .batch_revision = 7});
  EXPECT_TRUE(testing::Eventually([&] { return root.lease.BatchToRead(clock_.SteadyNow()) == 7; }));
  for (auto& [id, vault] : vaults_) {
    if (vault.get() != &root) vault->parts->Stop();
  }
  EXPECT_TRUE(
      testing::Eventually([&] { return !root.lease.BatchToRead(clock_.SteadyNow()).has_value(); }));
}

TEST_F(ControlNodePartsTest, ListsTheNodesAndHandsOver) {
  Start(2);
  ASSERT_TRUE(testing::Eventually([&] { return !Root().empty(); }));
  const std::string first = Root();
  const std::string other = first == "control-1" ? "control-2" : "control-1";
  ASSERT_TRUE(testing::Eventually([&] {
    const auto list = List(first);
    return list.size() == 2 && list[0].heard_ago.has_value() && list[1].heard_ago.has_value() &&
           list[0].epoch == list[1].epoch && list[0].household_whole && list[1].household_whole;
  }));
  absl::Notification answered;
  vaults_.at(first)->parts->site().HandOver(other, [&](const absl::StatusOr<RootClaim>& answer) {
    EXPECT_TRUE(answer.ok()) << answer.status();
    answered.Notify();
  });
  answered.WaitForNotification();
  EXPECT_TRUE(testing::Eventually([&] { return Root() == other; }));
}

TEST_F(ControlNodePartsTest, RefusesASecretThatOthersMayReadOrThatIsShort) {
  const std::string path = ::testing::TempDir() + "/bad_secret";
  std::ofstream(path) << "short\n";
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(ErrorReason(ReadControlSecret(path).status()), "BAD_SECRET");
  std::ofstream(path) << std::string(64, 'x');
  EXPECT_TRUE(ReadControlSecret(path).ok());
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(ErrorReason(ReadControlSecret(path).status()), "BAD_SECRET");
  EXPECT_EQ(ErrorReason(ReadControlSecret(path + ".none").status()), "BAD_SECRET");
}

ControlConfig Read(const std::string& yaml, absl::Status& status) {
  auto reader = config::ConfigReader::FromText(yaml, "vault.yaml");
  ControlConfig config = ReadControlConfig(reader, true);
  status = reader.Finish();
  return config;
}

TEST(ControlConfigTest, ReadsTheNodesAndTakesItsOwnAddressesFromThem) {
  absl::Status status;
  const ControlConfig config = Read(R"(control:
  node: control-1
  secret_file: /etc/understudy/control.secret
  nodes:
    - {id: control-1, beats: "a:1", vault: "a:7102", membership: "a:7101", orchestrator: "a:7103"}
    - {id: control-2, beats: "b:1", vault: "b:7102", membership: "b:7101", orchestrator: "b:7103"}
)", status);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(config.nodes.size(), 2u);
  EXPECT_EQ(config.advertise.orchestrator, "a:7103");
  EXPECT_EQ(config.policy.beat_interval, absl::Milliseconds(50));
  EXPECT_TRUE(config.policy.read_lease);
}

TEST(ControlConfigTest, NamesEveryContradiction) {
  absl::Status status;
  Read(R"(control:
  node: Control_1
  secret_file: s
  beat_interval: 1s
  resign_after: 1s
  read_lease: perhaps
  nodes:
    - {id: a, beats: "a:1", vault: "a:2", membership: "a:3", orchestrator: "a:4"}
    - {id: a, beats: "a:1", vault: "a:2", membership: "a:3", orchestrator: "a:4"}
)",
       status);
  for (const char* problem : {"control.node", "control.resign_after", "control.read_lease",
                              "is named twice", "expected this node"}) {
    EXPECT_NE(status.message().find(problem), std::string_view::npos) << status;
  }
}

}  // namespace
}  // namespace understudy::config_vault
