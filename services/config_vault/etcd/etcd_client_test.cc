// One conformance test over the client of a real etcd and the one in memory.
#include "services/config_vault/etcd/etcd_client.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "common/status/status.h"
#include "common/testing/eventually.h"
#include "common/time/system_clock.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/grpc_etcd_client.h"
#include "services/config_vault/etcd/testing/etcd_process.h"
#include "services/config_vault/etcd/testing/fake_etcd.h"
#include "services/config_vault/etcd/testing/watch_recorder.h"

namespace understudy::config_vault::etcd {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(30);

std::unique_ptr<EtcdClient> Connect(std::vector<std::string> endpoints) {
  static const SystemClock clock;
  auto client = NewGrpcEtcdClient({.endpoints = std::move(endpoints)}, clock);
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

absl::StatusOr<RangeResult> Read(EtcdClient& client, RangeQuery query,
                                 absl::Duration timeout = kTimeout) {
  return Await<RangeResult>(
      [&](auto done) { client.Range(std::move(query), timeout, std::move(done)); });
}

absl::StatusOr<TransactionResult> Commit(EtcdClient& client, Transaction transaction) {
  return Await<TransactionResult>(
      [&](auto done) { client.Commit(std::move(transaction), kTimeout, std::move(done)); });
}

int64_t Put(EtcdClient& client, std::string key, std::string value) {
  Transaction transaction;
  transaction.writes.push_back(Write::Put(std::move(key), std::move(value)));
  const auto result = Commit(client, std::move(transaction));
  EXPECT_TRUE(result.ok() && result->succeeded) << result.status();
  return result->header.revision;
}

class EtcdClientTest : public ::testing::TestWithParam<bool> {
 protected:
  // One etcd for all tests, each under a prefix of its own.
  static void TearDownTestSuite() {
    delete process_;
    process_ = nullptr;
  }
  EtcdClientTest() {
    static int count = 0;
    prefix_ = "test-" + std::to_string(++count) + "/";
    const bool is_real = GetParam();
    if (is_real && process_ == nullptr) process_ = new EtcdProcess(std::getenv("TEST_TMPDIR"));
    client_ = is_real ? Connect({process_->endpoint()}) : fake_.NewClient();
  }

  KeyRange All() const { return KeyRange::Prefix(prefix_); }
  std::string Key(const std::string& name) const { return prefix_ + name; }
  EtcdClient& client() { return *client_; }

 private:
  static inline EtcdProcess* process_ = nullptr;
  FakeEtcd fake_;
  std::string prefix_;
  std::unique_ptr<EtcdClient> client_;
};

TEST_P(EtcdClientTest, ReadsWhatWasWritten) {
  const std::string bytes("\0\xFF value", 8);
  const int64_t created = Put(client(), Key("a"), bytes);
  const int64_t changed = Put(client(), Key("b"), "1");
  const auto all = Read(client(), {.keys = All()});
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->values.size(), 2u);
  EXPECT_EQ(all->values[0], (KeyValue{Key("a"), bytes, created, created}));
  EXPECT_EQ(all->values[1].mod_revision, changed);
  EXPECT_EQ(all->header.revision, changed);
  EXPECT_NE(all->header.cluster_id, 0u);
  EXPECT_FALSE(all->more);
}

TEST_P(EtcdClientTest, ReadsInPagesAtAnOlderRevisionAndWithoutValues) {
  Put(client(), Key("a"), "1");
  const int64_t before = Put(client(), Key("b"), "1");
  Put(client(), Key("a"), "2");
  const auto page = Read(client(), {.keys = All(), .limit = 1, .revision = before});
  ASSERT_EQ(page->values.size(), 1u);
  EXPECT_EQ(page->values[0].value, "1");
  EXPECT_TRUE(page->more);
  const auto keys = Read(client(), {.keys = All(), .keys_only = true});
  EXPECT_EQ(keys->values[0].key, Key("a"));
  EXPECT_EQ(keys->values[0].value, "");
}

TEST_P(EtcdClientTest, ATransactionIsOneRevision) {
  Put(client(), Key("old"), "1");
  Transaction transaction;
  transaction.conditions.push_back({Key("new"), 0});
  transaction.writes = {Write::Put(Key("new"), "1"), Write::Put(Key("other"), "2"),
                        Write::Delete({Key("old"), {}})};
  const auto result = Commit(client(), transaction);
  ASSERT_TRUE(result->succeeded);
  const auto all = Read(client(), {.keys = All()});
  ASSERT_EQ(all->values.size(), 2u);
  EXPECT_EQ(all->values[0].mod_revision, result->header.revision);
  EXPECT_EQ(all->values[1].mod_revision, result->header.revision);
}

TEST_P(EtcdClientTest, ATransactionWhoseConditionFailsWritesNothingAndReadsInstead) {
  const int64_t revision = Put(client(), Key("a"), "mine");
  Transaction transaction;
  transaction.conditions.push_back({Key("a"), revision - 1});
  transaction.writes = {Write::Put(Key("b"), "1")};
  transaction.reads_otherwise = {KeyRange{Key("a"), {}}, KeyRange{Key("b"), {}}};
  const auto result = Commit(client(), transaction);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->succeeded);
  ASSERT_EQ(result->otherwise.size(), 2u);
  EXPECT_EQ(result->otherwise[0].at(0).value, "mine");
  EXPECT_TRUE(result->otherwise[1].empty());
}

TEST_P(EtcdClientTest, AConditionMayAllowThatTheKeyWasChangedEarlierOrIsNotThere) {
  const int64_t revision = Put(client(), Key("a"), "1");
  const auto holds = [&](const std::string& key, int64_t up_to) {
    Transaction transaction;
    transaction.conditions.push_back({Key(key), up_to, /*or_earlier=*/true});
    return Commit(client(), transaction)->succeeded;
  };
  EXPECT_FALSE(holds("a", revision - 1));
  EXPECT_TRUE(holds("a", revision));
  EXPECT_TRUE(holds("a", revision + 5));
  EXPECT_TRUE(holds("none", 0));
}

TEST_P(EtcdClientTest, AWatchTellsEachRevisionOnceAndInOrder) {
  const int64_t first = Put(client(), Key("a"), "1");
  const auto recorder = std::make_shared<WatchRecorder>();
  const auto watch = client().StartWatch(All(), first, recorder);
  Transaction transaction;
  transaction.writes = {Write::Put(Key("b"), "2"), Write::Delete({Key("a"), {}})};
  const auto both = Commit(client(), transaction);
  EXPECT_TRUE(recorder->connections.Take().ok());
  const RevisionEvents created = recorder->events.Take();
  EXPECT_EQ(created.revision, first);
  EXPECT_EQ(created.events.at(0).value.value, "1");
  const RevisionEvents together = recorder->events.Take();
  EXPECT_EQ(together.revision, both->header.revision);
  ASSERT_EQ(together.events.size(), 2u);
  EXPECT_EQ(together.events[0].value.key, Key("b"));
  EXPECT_TRUE(together.events[1].deleted);
  EXPECT_EQ(together.events[1].value.key, Key("a"));
}

TEST_P(EtcdClientTest, AWatchFromNowOnTellsNothingOlder) {
  Put(client(), Key("a"), "old");
  const auto recorder = std::make_shared<WatchRecorder>();
  const auto watch = client().StartWatch(All(), 0, recorder);
  EXPECT_TRUE(recorder->connections.Take().ok());
  Put(client(), Key("a"), "new");
  EXPECT_EQ(recorder->events.Take().events.at(0).value.value, "new");
}

TEST_P(EtcdClientTest, ADroppedWatchEnds) {
  const auto recorder = std::make_shared<WatchRecorder>();
  auto watch = client().StartWatch(All(), 0, recorder);
  watch.reset();
  EXPECT_EQ(recorder->ends.Take().code(), absl::StatusCode::kCancelled);
}

TEST_P(EtcdClientTest, AWatchFromBeforeACompactionEnds) {
  const int64_t first = Put(client(), Key("a"), "1");
  Put(client(), Key("a"), "2");
  const int64_t last = Put(client(), Key("a"), "3");
  const auto compacted =
      Await<Header>([&](auto done) { client().Compact(last, kTimeout, std::move(done)); });
  ASSERT_TRUE(compacted.ok()) << compacted.status();
  const auto recorder = std::make_shared<WatchRecorder>();
  const auto watch = client().StartWatch(All(), first, recorder);
  const absl::Status end = recorder->ends.Take();
  EXPECT_EQ(ErrorReason(end), "COMPACTED");
  EXPECT_EQ(ErrorMetadata(end)["compact_revision"], std::to_string(last));
  EXPECT_EQ(ErrorReason(Read(client(), {.keys = All(), .revision = first}).status()), "COMPACTED");
  EXPECT_EQ(Read(client(), {.keys = All()})->values.at(0).value, "3");
}

TEST_P(EtcdClientTest, AMemberTellsItsStatus) {
  const auto status =
      Await<MemberStatus>([&](auto done) { client().Status(0, kTimeout, std::move(done)); });
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->is_leader());
  EXPECT_GT(status->file_bytes, 0);
  EXPECT_EQ(status->version.substr(0, 2), "3.");
  const auto alarms = Await<std::vector<MemberAlarm>>(
      [&](auto done) { client().ListAlarms(kTimeout, std::move(done)); });
  EXPECT_TRUE(alarms.ok() && alarms->empty());
  const auto defragmented =
      Await<Header>([&](auto done) { client().Defragment(0, kTimeout, std::move(done)); });
  EXPECT_TRUE(defragmented.ok()) << defragmented.status();
}

INSTANTIATE_TEST_SUITE_P(Clients, EtcdClientTest, ::testing::Bool(),
                         [](const auto& is_real) { return is_real.param ? "Real" : "Fake"; });

TEST(GrpcEtcdClientTest, AnEndpointThatIsGoneIsPassedOver) {
  EtcdProcess gone(std::getenv("TEST_TMPDIR"));
  gone.Kill();
  EtcdProcess etcd(std::getenv("TEST_TMPDIR"));
  const auto client = Connect({gone.endpoint(), etcd.endpoint()});
  EXPECT_TRUE(Read(*client, {.keys = {"a", {}}}).ok());
  Put(*client, "a", "1");
}

TEST(GrpcEtcdClientTest, AWatchGoesOnAfterEtcdWasKilledAndStartedAgain) {
  EtcdProcess etcd(std::getenv("TEST_TMPDIR"));
  const auto client = Connect({etcd.endpoint()});
  const auto recorder = std::make_shared<WatchRecorder>();
  const auto watch = client->StartWatch(KeyRange::Prefix("a"), 0, recorder);
  EXPECT_TRUE(recorder->connections.Take().ok());
  Put(*client, "a1", "before");
  EXPECT_EQ(recorder->events.Take().events.at(0).value.value, "before");
  etcd.Kill();
  EXPECT_EQ(ErrorReason(recorder->connections.Take()), "ETCD_UNREACHABLE");
  EXPECT_EQ(ErrorReason(Read(*client, {.keys = {"a", {}}}, absl::Milliseconds(50)).status()),
            "ETCD_UNREACHABLE");
  etcd.Start();
  ASSERT_TRUE(testing::Eventually([&] { return Read(*client, {.keys = {"a", {}}}).ok(); }));
  Put(*client, "a2", "after");
  EXPECT_EQ(recorder->events.Take().events.at(0).value.value, "after");
}

TEST(GrpcEtcdClientTest, ATransactionTooLargeForEtcdIsRefused) {
  EtcdProcess etcd(std::getenv("TEST_TMPDIR"));
  const auto client = Connect({etcd.endpoint()});
  Transaction large;
  large.writes = {Write::Put("a", std::string(3 << 20, 'x'))};
  EXPECT_EQ(ErrorReason(Commit(*client, large).status()), "ETCD_REQUEST_TOO_LARGE");
  Transaction many;
  for (int i = 0; i < 200; ++i) many.writes.push_back(Write::Put(std::to_string(i), ""));
  EXPECT_EQ(ErrorReason(Commit(*client, many).status()), "ETCD_REQUEST_TOO_LARGE");
}

}  // namespace
}  // namespace understudy::config_vault::etcd
