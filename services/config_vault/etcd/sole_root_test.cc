#include "services/config_vault/etcd/sole_root.h"

#include <gtest/gtest.h>

#include "common/executor/manual_executor.h"
#include "common/time/simulated_clock.h"
#include "services/config_vault/testing/fake_root_key.h"

namespace understudy::config_vault {
namespace {

class RecordedReign final : public Reign {
 public:
  void BeginReign(Epoch epoch) override { epoch_ = epoch; }
  void EndReign() override { epoch_ = 0; }
  void SetListener(Listener) override {}
  ReplicaProgress progress() const override { return {}; }
  Epoch epoch() const { return epoch_; }

 private:
  Epoch epoch_ = 0;
};

class SoleRootTest : public ::testing::Test {
 protected:
  struct Vault {
    Vault(SharedRootKey& shared, ManualExecutor& executor, const Clock& clock, RootRecord record)
        : key(shared), root({key, reign, role, executor, clock}, std::move(record)) {
      root.Start();
      executor.RunReady();
    }
    ~Vault() { root.Stop(); }

    FakeRootKey key;
    RecordedReign reign;
    RoleFeed role{RoleState{}};
    SoleRoot root;
  };

  SimulatedClock clock_;
  ManualExecutor executor_{clock_};
  SharedRootKey shared_;
};

TEST_F(SoleRootTest, TakesThePlaceWhoeverHadItAndDoesNotQuarrelWithALaterOne) {
  Vault first(shared_, executor_, clock_, {.node_id = "127.0.0.1:7102", .instance = 5});
  EXPECT_EQ(first.reign.epoch(), 1u);
  EXPECT_EQ(first.role.current().role, Role::kRoot);
  Vault second(shared_, executor_, clock_, {.node_id = "127.0.0.1:7202", .instance = 7});
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(second.reign.epoch(), 2u);
  EXPECT_EQ(first.reign.epoch(), 0u);
  EXPECT_EQ(first.role.current().root, "127.0.0.1:7202");
}

TEST_F(SoleRootTest, ClaimsAgainWhereTheKeyIsOutOfReachAtFirst) {
  FakeRootKey key(shared_);
  key.SetOutage(absl::UnavailableError("etcd is out of reach"));
  RecordedReign reign;
  RoleFeed role{RoleState{}};
  SoleRoot root({key, reign, role, executor_, clock_}, {.node_id = "a", .instance = 5});
  root.Start();
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(reign.epoch(), 0u);
  key.SetOutage(absl::OkStatus());
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(reign.epoch(), 1u);
  root.Stop();
}

// Reseeding an etcd from the only vault there is leaves nobody else to claim the place.
TEST_F(SoleRootTest, ClaimsThePlaceAnewWhereEtcdIsBuiltAnew) {
  Vault vault(shared_, executor_, clock_, {.node_id = "a", .instance = 5});
  shared_.BuildAnew(1'000'000);
  executor_.RunReady();
  EXPECT_EQ(vault.reign.epoch(), 1'000'001u);
  EXPECT_EQ(vault.role.current().role, Role::kRoot);
}

}  // namespace
}  // namespace understudy::config_vault
