#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/status/status.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"
#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

namespace understudy::checkpoint_store {
namespace {

const Identifier kFirst = MakeIdentifier("first");

Identifier ShortIdentifier(std::string_view bytes) { return *Identifier::FromBytes(bytes); }

class OperatorRulesTest : public ::testing::Test {
 protected:
  OperatorRulesTest()
      : harness_(std::make_unique<MemoryCheckpointStore>(),
                 {.max_devices = 4, .max_short_identifiers = 2}) {}

  void EnrolMeter() { (void)harness_.Enrolled(MakeEnrol(kFirst, "meter-1", "factory")); }
  std::string ReasonOf(Command command) {
    return ErrorReason(harness_.Apply(std::move(command)).status());
  }
  FetchOutcome Get() { return *harness_.Get(MakeFetch(harness_.DeviceById("meter-1")->current)); }

  CheckpointHarness harness_;
};

TEST_F(OperatorRulesTest, AnIdentifierIsGivenOnceAlsoWithinOneBatch) {
  const auto outcomes = harness_.ApplyTogether(
      {MakeEnrol(kFirst, "meter-1", "a"), MakeEnrol(kFirst, "meter-2", "b")});
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(outcomes[1].status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(outcomes[1].status()), "IDENTIFIER_TAKEN");
  EXPECT_EQ(ReasonOf(MakeEnrol(kFirst, "meter-3", "c")), "IDENTIFIER_TAKEN");
}

TEST_F(OperatorRulesTest, NextAndDeadIdentifiersAreTaken) {
  EnrolMeter();
  const Identifier next = Get().next;
  EXPECT_EQ(ReasonOf(MakeEnrol(next, "other", "x")), "IDENTIFIER_TAKEN");
  (void)harness_.Stored(MakeStore(next, "one"));
  EXPECT_EQ(ReasonOf(MakeEnrol(kFirst, "other", "x")), "IDENTIFIER_TAKEN");
}

TEST_F(OperatorRulesTest, DeviceIdsAreUniqueAndChosenWhereNoneIsGiven) {
  EnrolMeter();
  EXPECT_EQ(ReasonOf(MakeEnrol(MakeIdentifier("b"), "meter-1", "x")), "DEVICE_EXISTS");
  (void)harness_.Enrolled(MakeEnrol(MakeIdentifier("c"), "device-3", "x"));
  EXPECT_EQ(harness_.Enrolled(MakeEnrol(MakeIdentifier("d"), "", "x")).device_id, "device-4");
}

TEST_F(OperatorRulesTest, TheNumberOfDevicesIsBounded) {
  for (const char* name : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(harness_.Apply(MakeEnrol(MakeIdentifier(name), name, "x")).ok());
  }
  EXPECT_EQ(ReasonOf(MakeEnrol(MakeIdentifier("e"), "e", "x")), "TOO_MANY_DEVICES");
}

TEST_F(OperatorRulesTest, AFewShortIdentifiersMayLiveUntilTheirFirstPost) {
  (void)harness_.Enrolled(MakeEnrol(ShortIdentifier("aaaa"), "a", "x"));
  (void)harness_.Enrolled(MakeEnrol(ShortIdentifier("bbbb"), "b", "x"));
  EXPECT_EQ(ReasonOf(MakeEnrol(ShortIdentifier("cccc"), "c", "x")), "IDENTIFIER_TOO_SHORT");
  const FetchOutcome fetched = harness_.Fetched(MakeFetch(ShortIdentifier("aaaa")));
  EXPECT_EQ(fetched.next.bits(), 128u);
  (void)harness_.Stored(MakeStore(fetched.next, "y"));
  EXPECT_TRUE(harness_.Apply(MakeEnrol(ShortIdentifier("cccc"), "c", "x")).ok());
}

TEST_F(OperatorRulesTest, IdentifiersBelowThePolicyAreRefused) {
  CheckpointHarness strict(std::make_unique<MemoryCheckpointStore>(),
                           {.min_identifier_bits = 128});
  EXPECT_EQ(ErrorReason(strict.Apply(MakeEnrol(ShortIdentifier("aaaa"), "a", "x")).status()),
            "IDENTIFIER_TOO_SHORT");
  EXPECT_TRUE(strict.Apply(MakeEnrol(kFirst, "a", "x")).ok());
}

TEST_F(OperatorRulesTest, AStagedChangeIsHandedOutAtTheNextGetAndStaysUntilThePost) {
  EnrolMeter();
  const auto staged = harness_.Apply(MakeStage("meter-1", "new"));
  ASSERT_TRUE(staged.ok());
  EXPECT_TRUE(std::get<StagedChange>(*staged).is_waiting());
  const FetchOutcome first = Get();
  EXPECT_EQ(*harness_.ContentOf(first), "new");
  EXPECT_EQ(first.info.number, 2u);
  EXPECT_EQ(first.info.origin, Origin::kOperator);
  EXPECT_EQ(Get(), first);
  EXPECT_FALSE(harness_.DeviceById("meter-1")->staged->is_waiting());
  (void)harness_.Stored(MakeStore(first.next, "one"));
  EXPECT_TRUE(harness_.DeviceById("meter-1")->staged->confirmed_at.has_value());
  EXPECT_EQ(*harness_.ContentOf(Get()), "one");
}

TEST_F(OperatorRulesTest, AStagedChangeForOneNameLeavesTheOthersAlone) {
  EnrolMeter();
  (void)harness_.Apply(MakeStage("meter-1", "dark", "night"));
  EXPECT_EQ(*harness_.ContentOf(Get()), "factory");
  EXPECT_TRUE(harness_.DeviceById("meter-1")->staged->is_waiting());
  EXPECT_EQ(*harness_.ContentOf(*harness_.Get(MakeFetch(kFirst, "night"))), "dark");
}

TEST_F(OperatorRulesTest, AnOlderGenerationIsReadWithoutTakingWhatIsStaged) {
  EnrolMeter();
  (void)harness_.Apply(MakeStage("meter-1", "new"));
  Fetch old = MakeFetch(kFirst);
  old.generation = 1;
  EXPECT_EQ(*harness_.ContentOf(*harness_.Get(old)), "factory");
  EXPECT_TRUE(harness_.DeviceById("meter-1")->staged->is_waiting());
}

TEST_F(OperatorRulesTest, AStagedChangeCanBeWithdrawnUntilItIsTaken) {
  EnrolMeter();
  EXPECT_EQ(ReasonOf(Withdraw{"meter-1"}), "NOTHING_STAGED");
  (void)harness_.Apply(MakeStage("meter-1", "new"));
  EXPECT_TRUE(harness_.Apply(Withdraw{"meter-1"}).ok());
  EXPECT_EQ(*harness_.ContentOf(Get()), "factory");
  (void)harness_.Apply(MakeStage("meter-1", "newer"));
  EXPECT_EQ(*harness_.ContentOf(Get()), "newer");
  EXPECT_EQ(ReasonOf(Withdraw{"meter-1"}), "ALREADY_TAKEN");
}

TEST_F(OperatorRulesTest, ASecondStagedChangeTakesThePlaceOfTheFirst) {
  EnrolMeter();
  (void)harness_.Apply(MakeStage("meter-1", "new"));
  (void)harness_.Apply(MakeStage("meter-1", "newer"));
  EXPECT_EQ(*harness_.ContentOf(Get()), "newer");
  EXPECT_EQ(dynamic_cast<MemoryCheckpointStore&>(harness_.store()).content_count(), 2u);
}

TEST_F(OperatorRulesTest, StagingComparesTheGeneration) {
  EnrolMeter();
  Stage stage = MakeStage("meter-1", "new");
  stage.expected_generation = 2;
  EXPECT_EQ(ReasonOf(stage), "GENERATION_MISMATCH");
  stage.expected_generation = 1;
  EXPECT_TRUE(harness_.Apply(stage).ok());
}

TEST_F(OperatorRulesTest, ARevokedDeviceHasNoContentAndNoGoodIdentifier) {
  EnrolMeter();
  const Identifier next = Get().next;
  (void)harness_.Apply(MakeStage("meter-1", "new"));
  ASSERT_TRUE(harness_.Apply(Revoke{"meter-1"}).ok());
  EXPECT_EQ(ErrorReason(harness_.Get(MakeFetch(kFirst)).status()), "DEVICE_REVOKED");
  EXPECT_EQ(ReasonOf(MakeStore(next, "one")), "DEVICE_REVOKED");
  EXPECT_EQ(ReasonOf(MakeStage("meter-1", "x")), "DEVICE_REVOKED");
  EXPECT_EQ(ReasonOf(MakeEnrol(kFirst, "other", "x")), "IDENTIFIER_TAKEN");
  EXPECT_EQ(dynamic_cast<MemoryCheckpointStore&>(harness_.store()).content_count(), 0u);
  EXPECT_TRUE(harness_.Apply(Revoke{"meter-1"}).ok());
}

TEST_F(OperatorRulesTest, APurgedDeviceIsForgottenAndMayBeEnrolledAgain) {
  EnrolMeter();
  ASSERT_TRUE(harness_.Apply(Revoke{"meter-1", /*purge=*/true}).ok());
  EXPECT_EQ(harness_.DeviceById("meter-1"), nullptr);
  EXPECT_EQ(ReasonOf(Revoke{"meter-1"}), "DEVICE_NOT_FOUND");
  EXPECT_TRUE(harness_.Apply(MakeEnrol(kFirst, "meter-1", "again")).ok());
  EXPECT_EQ(harness_.DeviceById("meter-1")->number, 2u);
}

TEST_F(OperatorRulesTest, WhatIsDecidedInOneBatchIsWhatIsDecidedOneByOne) {
  const Identifier other = MakeIdentifier("other");
  const auto outcomes = harness_.ApplyTogether(
      {MakeEnrol(kFirst, "meter-1", "a"), Revoke{"meter-1", true},
       MakeEnrol(kFirst, "meter-1", "b"), MakeStage("meter-1", "c"), MakeFetch(kFirst),
       Withdraw{"meter-1"}, MakeEnrol(other, "meter-1", "d")});
  EXPECT_TRUE(outcomes[2].ok());
  EXPECT_EQ(std::get<FetchOutcome>(*outcomes[4]).info.number, 2u);
  EXPECT_EQ(ErrorReason(outcomes[5].status()), "ALREADY_TAKEN");
  EXPECT_EQ(ErrorReason(outcomes[6].status()), "DEVICE_EXISTS");
  harness_.Restart();
  EXPECT_EQ(*harness_.ContentOf(Get()), "c");
}

}  // namespace
}  // namespace understudy::checkpoint_store
