#include "services/config_vault/etcd/batch_codec.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "common/status/status.h"
#include "services/config_vault/mutation_codec.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/testing/vault_harness.h"
#include "services/config_vault/vault_state_machine.h"

namespace understudy::config_vault::etcd {
namespace {

const SiteKeys kKeys("site-1");
constexpr BatchOrigin kOrigin{.epoch = 7, .proposal = UINT64_MAX, .lineage = 3};

// The writes of a transaction as a watch would tell them.
RevisionEvents Events(const std::vector<Write>& writes) {
  RevisionEvents events{.revision = 9};
  for (const Write& write : writes) {
    events.events.push_back({.value = {.key = write.keys.begin,
                                       .value = write.value.value_or(""),
                                       .create_revision = 9,
                                       .mod_revision = 9},
                             .deleted = !write.value.has_value()});
  }
  return events;
}

std::map<std::string, std::string> Puts(const std::vector<Write>& writes) {
  std::map<std::string, std::string> puts;
  for (const Write& write : writes) {
    if (write.value.has_value()) puts[write.keys.begin] = *write.value;
  }
  return puts;
}

// Every kind of mutation, made by the rules themselves.
class BatchCodecTest : public ::testing::Test {
 protected:
  VaultBatch Decide(std::vector<Command> commands) {
    const auto view = store_.Snapshot();
    VaultStateMachine machine({.remembered_requests = 1, .keep_revisions = 1}, 1, *view);
    for (Command& command : commands) EXPECT_TRUE(machine.Apply(std::move(command)).ok());
    EXPECT_TRUE(store_.Commit(machine.batch()).ok());
    return machine.batch();
  }

  static PutDocument Put(const char* name, const char* content, const char* request_id = "") {
    PutDocument put = MakePut(name, content);
    put.write.request_id = request_id;
    return put;
  }

  static std::string Bytes(const VaultBatch& batch) {
    return storage::EncodeMutations(batch.mutations);
  }

  MemoryVaultStore store_;
};

TEST_F(BatchCodecTest, ABatchComesBackAsItWas) {
  const VaultBatch first =
      Decide({Put("a", "1", "r-1"), Put("a", "2", "r-2"), Put("b", "3", "r-3"), MakeDelete("b"),
              PutStation{MakeStation("gate-1"), 1}, MakeDuty("d1", "gate-1", 1),
              RecordFailover{MakeFailover("d1-1", "d1", FailoverState::kClaimed), 1}});
  const VaultBatch second =
      Decide({MakeClaim("d1", 2, "spare-1", 1), RemoveDuty{"d1", 2, 1}, RemoveStation{"gate-1", 1},
              RecordFailover{MakeFailover("d1-1", "d1", FailoverState::kDone), 1}});
  for (const VaultBatch& batch : {first, second}) {
    const auto decoded = DecodeBatch(kKeys, Events(EncodeBatch(kKeys, kOrigin, batch)));
    ASSERT_TRUE(decoded.ok() && decoded->has_value()) << decoded.status();
    EXPECT_EQ((*decoded)->origin, kOrigin);
    EXPECT_EQ((*decoded)->batch.counters, batch.counters);
    EXPECT_EQ(Bytes((*decoded)->batch), Bytes(batch));
  }
}

TEST_F(BatchCodecTest, AContentIsInTheTransactionOnceAndWithItsDocument) {
  const std::string content(1000, 'x');
  const auto puts = Puts(EncodeBatch(kKeys, kOrigin, Decide({Put("duties/d1", content.c_str())})));
  EXPECT_LT(puts.at(kKeys.Batch()).size(), 500u);
  EXPECT_GT(puts.at(kKeys.Document("duties/d1")).size(), 1000u);
}

TEST_F(BatchCodecTest, EachKeyIsWrittenOnce) {
  const VaultBatch batch = Decide({Put("a", "1"), Put("a", "2"), MakeDelete("a"), Put("a", "3")});
  const std::vector<Write> writes = EncodeBatch(kKeys, kOrigin, batch);
  EXPECT_EQ(writes.size(), 2u);
  size_t counted = 1;
  for (const Mutation& mutation : batch.mutations) counted += CountWrites(mutation);
  EXPECT_GE(counted, writes.size());
}

TEST_F(BatchCodecTest, WhatIsOverIsErasedFromTheCurrentState) {
  Decide({Put("a", "1"), PutStation{MakeStation("gate-1"), 1},
          RecordFailover{MakeFailover("f", "d1", FailoverState::kClaimed), 1}});
  const auto writes =
      EncodeBatch(kKeys, kOrigin,
                  Decide({MakeDelete("a"), RemoveStation{"gate-1", 1},
                          RecordFailover{MakeFailover("f", "d1", FailoverState::kCancelled), 1}}));
  EXPECT_EQ(writes.size(), 4u);
  EXPECT_EQ(Puts(writes).size(), 1u);
}

TEST_F(BatchCodecTest, TheCurrentStateMakesAVaultAnew) {
  const auto puts = Puts(
      EncodeBatch(kKeys, kOrigin,
                  Decide({Put("a", "1"), Put("a", "2"), PutStation{MakeStation("gate-1"), 1},
                          MakeDuty("d1", "gate-1", 1),
                          RecordFailover{MakeFailover("f", "d1", FailoverState::kClaimed), 1}})));
  MemoryVaultStore rebuilt;
  VaultBatch batch{.counters = DecodeSummary(puts.at(kKeys.Batch()))->counters};
  for (const auto& [key, value] : puts) {
    const auto mutation = DecodeCurrent(kKeys, {.key = key, .value = value});
    ASSERT_TRUE(mutation.ok()) << mutation.status();
    if (mutation->has_value()) batch.mutations.push_back(**mutation);
  }
  ASSERT_TRUE(rebuilt.Commit(batch).ok());
  const auto then = store_.Snapshot();
  const auto now = rebuilt.Snapshot();
  EXPECT_EQ(now->FindRevision("a", 2)->value(), then->FindRevision("a", 2)->value());
  EXPECT_EQ(now->FindHead("a")->value().kept, 1u);
  EXPECT_EQ(*now->ListStations(), *then->ListStations());
  EXPECT_EQ(*now->ListDuties(), *then->ListDuties());
  EXPECT_EQ(now->FindDutyOfStation("gate-1")->value(), "d1");
  EXPECT_EQ(now->FindFailover("f")->value(), then->FindFailover("f")->value());
  EXPECT_EQ(*now->ReadCounters(), *then->ReadCounters());
}

TEST_F(BatchCodecTest, EventsWithoutABatchAreNone) {
  const auto none = DecodeBatch(kKeys, Events({Write::Put(kKeys.Root(), "x")}));
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
}

TEST_F(BatchCodecTest, AMissingContentIsALossAndNotAnEmptyDocument) {
  std::vector<Write> writes = EncodeBatch(kKeys, kOrigin, Decide({Put("a", "1")}));
  std::erase_if(writes, [](const Write& write) { return write.keys.begin != kKeys.Batch(); });
  EXPECT_EQ(ErrorReason(DecodeBatch(kKeys, Events(writes)).status()), "CORRUPT_RECORD");
  EXPECT_EQ(ErrorReason(DecodeBatch(kKeys, Events({Write::Put(kKeys.Batch(), "\xFF")})).status()),
            "CORRUPT_RECORD");
}

}  // namespace
}  // namespace understudy::config_vault::etcd
