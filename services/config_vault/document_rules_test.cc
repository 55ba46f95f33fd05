#include "services/config_vault/document_rules.h"

#include <gtest/gtest.h>

#include <memory>

#include "common/status/status.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault {
namespace {

VaultHarness NewVault(VaultPolicy policy = {}) {
  return VaultHarness(std::make_unique<MemoryVaultStore>(), policy);
}

PutDocument Expecting(PutDocument put, Revision revision) {
  put.write.expected_revision = revision;
  return put;
}

template <typename CommandType>
CommandType WithId(CommandType command, std::string id) {
  command.write.request_id = std::move(id);
  return command;
}

TEST(DocumentRulesTest, EachAcceptedWriteTakesTheNextRevisionOfTheVault) {
  VaultHarness vault = NewVault();
  EXPECT_EQ(vault.Document(MakePut("a", "1")).info.revision, 1u);
  EXPECT_EQ(vault.Document(MakePut("b", "1")).info.revision, 2u);
  EXPECT_EQ(vault.Document(MakePut("a", "2")).info.revision, 3u);
}

TEST(DocumentRulesTest, KeepsAuthorTimeAndCommentOfEachRevision) {
  VaultHarness vault = NewVault();
  PutDocument put = MakePut("a", "1");
  put.write.comment = "first";
  const DocumentInfo info = vault.Document(put).info;
  EXPECT_EQ(info.author, "operator/test");
  EXPECT_EQ(info.comment, "first");
  EXPECT_EQ(info.time, absl::FromUnixSeconds(1'700'000'000));
  EXPECT_EQ(info.sha256, Sha256Of("1"));
  EXPECT_EQ(info.size, 1u);
}

TEST(DocumentRulesTest, ThePresentContentIsUnchangedAndMakesNoRevision) {
  VaultHarness vault = NewVault();
  vault.Document(MakePut("a", "1"));
  const DocumentOutcome again = vault.Document(MakePut("a", "1"));
  EXPECT_TRUE(again.unchanged);
  EXPECT_EQ(again.info.revision, 1u);
  EXPECT_EQ(vault.Read()->ReadCounters()->revision, 1u);
}

TEST(DocumentRulesTest, TheSameBytesUnderAnotherTypeAreAChange) {
  VaultHarness vault = NewVault();
  vault.Document(MakePut("a", "1"));
  PutDocument put = MakePut("a", "1");
  put.content_type = "text/plain";
  EXPECT_FALSE(vault.Document(put).unchanged);
}

TEST(DocumentRulesTest, AnExpectedRevisionThatIsNotTheLatestIsRefused) {
  VaultHarness vault = NewVault();
  vault.Document(MakePut("a", "1"));
  vault.Document(MakePut("a", "2"));
  const absl::Status status = vault.Apply(Expecting(MakePut("a", "3"), 1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(status), "REVISION_MISMATCH");
  EXPECT_EQ(ErrorMetadata(status).at("current_revision"), "2");
  EXPECT_TRUE(vault.Apply(Expecting(MakePut("a", "3"), 2)).ok());
}

TEST(DocumentRulesTest, ExpectedRevisionZeroMeansThatTheDocumentMustNotExist) {
  VaultHarness vault = NewVault();
  EXPECT_TRUE(vault.Apply(Expecting(MakePut("a", "1"), 0)).ok());
  EXPECT_EQ(ErrorReason(vault.Apply(Expecting(MakePut("a", "2"), 0)).status()),
            "REVISION_MISMATCH");
  vault.Document(MakeDelete("a"));
  EXPECT_TRUE(vault.Apply(Expecting(MakePut("a", "2"), 0)).ok());
}

TEST(DocumentRulesTest, ARepeatedRequestGetsTheFirstAnswer) {
  VaultHarness vault = NewVault();
  const DocumentOutcome first = vault.Document(WithId(MakePut("a", "1"), "r1"));
  vault.Document(MakePut("a", "2"));
  const DocumentOutcome again = vault.Document(WithId(MakePut("a", "1"), "r1"));
  EXPECT_EQ(again, first);
  EXPECT_EQ(vault.Read()->FindHead("a")->value().latest.revision, 2u);
}

TEST(DocumentRulesTest, ARepeatedRequestGetsTheFirstAnswerThoughItsExpectationNoLongerHolds) {
  VaultHarness vault = NewVault();
  const auto put = WithId(Expecting(MakePut("a", "1"), 0), "r1");
  const DocumentOutcome first = vault.Document(put);
  EXPECT_EQ(vault.Document(put), first);
}

TEST(DocumentRulesTest, ARepeatedUnchangedPutStaysUnchanged) {
  VaultHarness vault = NewVault();
  vault.Document(MakePut("a", "1"));
  EXPECT_TRUE(vault.Document(WithId(MakePut("a", "1"), "r1")).unchanged);
  vault.Document(MakePut("a", "2"));
  EXPECT_TRUE(vault.Document(WithId(MakePut("a", "1"), "r1")).unchanged);
}

TEST(DocumentRulesTest, ARequestIdForAnotherContentIsRefused) {
  VaultHarness vault = NewVault();
  vault.Document(WithId(MakePut("a", "1"), "r1"));
  const absl::Status status = vault.Apply(WithId(MakePut("a", "2"), "r1")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(status), "REQUEST_ID_REUSED");
  EXPECT_EQ(ErrorReason(vault.Apply(WithId(MakePut("b", "1"), "r1")).status()),
            "REQUEST_ID_REUSED");
  EXPECT_EQ(ErrorReason(vault.Apply(WithId(MakeDelete("a"), "r1")).status()), "REQUEST_ID_REUSED");
}

TEST(DocumentRulesTest, ForgetsTheOldestRequestIdsBeyondTheLimit) {
  VaultHarness vault = NewVault({.remembered_requests = 2});
  vault.Document(WithId(MakePut("a", "1"), "r1"));
  vault.Document(WithId(MakePut("a", "2"), "r2"));
  vault.Document(WithId(MakePut("a", "3"), "r3"));
  EXPECT_FALSE(vault.Read()->FindRequest("r1")->has_value());
  EXPECT_TRUE(vault.Read()->FindRequest("r2")->has_value());
  EXPECT_EQ(vault.Document(WithId(MakePut("a", "1"), "r1")).info.revision, 4u);
}

TEST(DocumentRulesTest, ARefusedRequestIsNotRemembered) {
  VaultHarness vault = NewVault();
  EXPECT_FALSE(vault.Apply(WithId(Expecting(MakePut("a", "1"), 9), "r1")).ok());
  EXPECT_TRUE(vault.Apply(WithId(MakePut("a", "2"), "r1")).ok());
}

TEST(DocumentRulesTest, RollbackBringsOldContentBackAsANewRevision) {
  VaultHarness vault = NewVault();
  vault.Document(MakePut("a", "1"));
  vault.Document(MakePut("a", "2"));
  const DocumentOutcome outcome = vault.Document(MakeRollback("a", 1));
  EXPECT_EQ(outcome.info.revision, 3u);
  EXPECT_EQ(outcome.info.sha256, Sha256Of("1"));
  EXPECT_EQ(vault.Read()->FindRevision("a", 3)->value().packed, "1");
}

TEST(DocumentRulesTest, RollbackToNothingIsNotFound) {
  VaultHarness vault = NewVault();
  EXPECT_EQ(ErrorReason(vault.Apply(MakeRollback("a", 1)).status()), "DOCUMENT_NOT_FOUND");
  vault.Document(MakePut("a", "1"));
  vault.Document(MakeDelete("a"));
  EXPECT_EQ(ErrorReason(vault.Apply(MakeRollback("a", 2)).status()), "REVISION_NOT_FOUND");
  EXPECT_EQ(ErrorReason(vault.Apply(MakeRollback("a", 9)).status()), "REVISION_NOT_FOUND");
}

TEST(DocumentRulesTest, RollbackRevivesADeletedDocument) {
  VaultHarness vault = NewVault();
  vault.Document(MakePut("a", "1"));
  vault.Document(MakeDelete("a"));
  vault.Document(MakeRollback("a", 1));
  EXPECT_FALSE(vault.Read()->FindHead("a")->value().latest.deleted);
}

TEST(DocumentRulesTest, ARepeatedRollbackGetsTheFirstAnswer) {
  VaultHarness vault = NewVault();
  vault.Document(MakePut("a", "1"));
  vault.Document(MakePut("a", "2"));
  const DocumentOutcome first = vault.Document(WithId(MakeRollback("a", 1), "r"));
  EXPECT_EQ(vault.Document(WithId(MakeRollback("a", 1), "r")), first);
  EXPECT_EQ(ErrorReason(vault.Apply(WithId(MakeRollback("a", 2), "r")).status()),
            "REQUEST_ID_REUSED");
}

TEST(DocumentRulesTest, DeletionKeepsTheHistory) {
  VaultHarness vault = NewVault();
  vault.Document(MakePut("a", "1"));
  const DocumentOutcome outcome = vault.Document(MakeDelete("a"));
  EXPECT_TRUE(outcome.info.deleted);
  EXPECT_EQ(outcome.info.revision, 2u);
  EXPECT_EQ(vault.Read()->FindRevision("a", 1)->value().packed, "1");
  EXPECT_EQ(ErrorReason(vault.Apply(MakeDelete("a")).status()), "DOCUMENT_NOT_FOUND");
}

TEST(DocumentRulesTest, CountsDocumentsAndKeptRevisions) {
  VaultHarness vault = NewVault();
  vault.Document(MakePut("a", "1"));
  vault.Document(MakePut("b", "1"));
  vault.Document(MakeDelete("a"));
  EXPECT_EQ(vault.Read()->ReadCounters()->documents, 1u);
  EXPECT_EQ(vault.Read()->ReadCounters()->kept_revisions, 3u);
  vault.Document(MakePut("a", "2"));
  EXPECT_EQ(vault.Read()->ReadCounters()->documents, 2u);
}

TEST(DocumentRulesTest, DropsTheOldestRevisionsBeyondTheLimit) {
  VaultHarness vault = NewVault({.keep_revisions = 2});
  for (const char* content : {"1", "2", "3", "4"}) vault.Document(MakePut("a", content));
  vault.Document(MakePut("b", "1"));
  const auto history = vault.Read()->ListHistory("a", UINT64_MAX, 10);
  ASSERT_EQ(history->size(), 2u);
  EXPECT_EQ(history->at(1).revision, 3u);
  EXPECT_EQ(vault.Read()->FindHead("a")->value().oldest, 3u);
  EXPECT_EQ(vault.Read()->ReadCounters()->kept_revisions, 3u);
  EXPECT_EQ(vault.Read()->ListChanges(0, 10)->size(), 3u);
}

TEST(DocumentRulesTest, DropsOldRevisionsWithinOneBatch) {
  VaultHarness vault = NewVault({.keep_revisions = 1});
  vault.ApplyTogether({MakePut("a", "1"), MakePut("a", "2"), MakePut("a", "3")});
  const auto history = vault.Read()->ListHistory("a", UINT64_MAX, 10);
  ASSERT_EQ(history->size(), 1u);
  EXPECT_EQ(history->front().revision, 3u);
}

TEST(DocumentRulesTest, ATightenedLimitIsReachedOverSeveralWrites) {
  auto store = std::make_unique<MemoryVaultStore>();
  MemoryVaultStore* memory = store.get();
  VaultHarness loose(std::move(store));
  for (int i = 0; i < 40; ++i) loose.Document(MakePut("a", std::to_string(i)));
  // The same data under another policy.
  class Borrowed final : public VaultStore {
   public:
    explicit Borrowed(VaultStore& store) : store_(store) {}
    std::unique_ptr<VaultReader> Snapshot() const override { return store_.Snapshot(); }
    absl::Status Commit(const VaultBatch& batch) override { return store_.Commit(batch); }
    absl::Status Apply(const VaultBatch& batch, const ReplicaPosition& position) override {
      return store_.Apply(batch, position);
    }
    absl::Status Sync() override { return store_.Sync(); }
    absl::Status Clear() override { return store_.Clear(); }
    absl::StatusOr<Epoch> AdvanceEpoch(Epoch above) override {
      return store_.AdvanceEpoch(above);
    }
    absl::Status Recover() override { return store_.Recover(); }
    uint64_t DiskBytes() const override { return 0; }

   private:
    VaultStore& store_;
  };
  VaultHarness tight(std::make_unique<Borrowed>(*memory), {.keep_revisions = 2});
  tight.Document(MakePut("a", "x"));
  EXPECT_EQ(tight.Read()->FindHead("a")->value().kept, 25u);
  tight.Document(MakePut("a", "y"));
  tight.Document(MakePut("a", "z"));
  EXPECT_EQ(tight.Read()->FindHead("a")->value().kept, 2u);
  EXPECT_EQ(tight.Read()->ListHistory("a", UINT64_MAX, 100)->size(), 2u);
}

TEST(DocumentRulesTest, AnOldAssignmentFencesTheWriterOff) {
  VaultHarness vault = NewVault();
  ASSERT_TRUE(vault.Apply(MakeDuty("d1", "gate-1", 1)).ok());
  PutDocument put = MakePut("duties/d1", "1");
  put.fence = AssignmentFence{"d1", 1};
  EXPECT_TRUE(vault.Apply(put).ok());
  ASSERT_TRUE(vault.Apply(MakeClaim("d1", 2, "spare-1", 1)).ok());
  const absl::Status status = vault.Apply(put).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(status), "STALE_ASSIGNMENT");
  EXPECT_EQ(ErrorMetadata(status).at("current_assignment_number"), "2");
}

TEST(DocumentRulesTest, AClaimFencesAPutOfTheSameBatchOff) {
  VaultHarness vault = NewVault();
  ASSERT_TRUE(vault.Apply(MakeDuty("d1", "gate-1", 1)).ok());
  PutDocument put = MakePut("duties/d1", "1");
  put.fence = AssignmentFence{"d1", 1};
  const auto outcomes = vault.ApplyTogether({MakeClaim("d1", 2, "spare-1", 1), put});
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(ErrorReason(outcomes[1].status()), "STALE_ASSIGNMENT");
}

TEST(DocumentRulesTest, TheFenceOfAnUnknownDutyIsStale) {
  VaultHarness vault = NewVault();
  PutDocument put = MakePut("duties/d1", "1");
  put.fence = AssignmentFence{"d1", 1};
  EXPECT_EQ(ErrorReason(vault.Apply(put).status()), "STALE_ASSIGNMENT");
}

TEST(DocumentRulesTest, AFenceGuardsOnlyItsDutysDocument) {
  VaultHarness vault = NewVault();
  ASSERT_TRUE(vault.Apply(MakeDuty("d1", "gate-1", 1)).ok());
  PutDocument put = MakePut("duties/d2", "1");
  put.fence = AssignmentFence{"d1", 1};
  EXPECT_EQ(ErrorReason(vault.Apply(put).status()), "INVALID_FENCE");
}

TEST(DocumentRulesTest, CommandsOfOneBatchSeeEachOther) {
  VaultHarness vault = NewVault();
  const auto outcomes = vault.ApplyTogether(
      {WithId(Expecting(MakePut("a", "1"), 0), "r1"), Expecting(MakePut("a", "2"), 0),
       Expecting(MakePut("a", "3"), 1), WithId(MakePut("a", "1"), "r1"), MakePut("a", "3"),
       MakeRollback("a", 1)});
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(ErrorReason(outcomes[1].status()), "REVISION_MISMATCH");
  EXPECT_EQ(outcomes[2]->revision, 2u);
  EXPECT_EQ(outcomes[3]->revision, 1u);
  EXPECT_TRUE(std::get<DocumentOutcome>(outcomes[4]->result).unchanged);
  EXPECT_EQ(outcomes[5]->revision, 3u);
  EXPECT_EQ(vault.Read()->FindRevision("a", 3)->value().packed, "1");
}

}  // namespace
}  // namespace understudy::config_vault
