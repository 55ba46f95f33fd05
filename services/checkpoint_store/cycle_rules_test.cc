#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/status/status.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"
#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

namespace understudy::checkpoint_store {
namespace {

using ::testing::ElementsAre;

const Identifier kFirst = MakeIdentifier("first");

class CycleRulesTest : public ::testing::Test {
 protected:
  explicit CycleRulesTest(CheckpointPolicy policy = {})
      : harness_(std::make_unique<MemoryCheckpointStore>(), policy) {
    (void)harness_.Enrolled(MakeEnrol(kFirst, "meter-1", "factory"));
  }

  std::string ContentAt(const Identifier& identifier, const std::string& name = "") {
    const auto outcome = harness_.Get(MakeFetch(identifier, name));
    return outcome.ok() ? *harness_.ContentOf(*outcome) : ErrorReason(outcome.status());
  }
  std::string ReasonOf(Command command) {
    return ErrorReason(harness_.Apply(std::move(command)).status());
  }
  // One whole cycle; the identifier after it.
  Identifier Cycle(const Identifier& identifier, const std::string& content,
                   const std::string& name = "") {
    const FetchOutcome fetched = harness_.Fetched(MakeFetch(identifier));
    (void)harness_.Stored(MakeStore(fetched.next, content, name));
    return fetched.next;
  }
  std::shared_ptr<const Device> Meter() { return harness_.DeviceById("meter-1"); }
  std::vector<Event::Kind> EventKinds() {
    std::vector<Event::Kind> kinds;
    for (const Event& event : harness_.events()) kinds.push_back(event.kind);
    return kinds;
  }

  CheckpointHarness harness_;
};

TEST_F(CycleRulesTest, AGetGivesTheCheckpointAndTheNextIdentifier) {
  const FetchOutcome outcome = harness_.Fetched(MakeFetch(kFirst));
  EXPECT_EQ(*harness_.ContentOf(outcome), "factory");
  EXPECT_EQ(outcome.next.bits(), 128u);
  EXPECT_FALSE(outcome.next == kFirst);
  EXPECT_EQ(outcome.info.number, 1u);
  EXPECT_EQ(outcome.info.origin, Origin::kOperator);
}

TEST_F(CycleRulesTest, ARepeatedGetGivesTheSameAlsoAfterARestart) {
  const FetchOutcome first = harness_.Fetched(MakeFetch(kFirst));
  EXPECT_EQ(harness_.Fetched(MakeFetch(kFirst)), first);
  harness_.Restart();
  EXPECT_EQ(harness_.Fetched(MakeFetch(kFirst)), first);
}

TEST_F(CycleRulesTest, AGetThatChangesNothingNeedsNoCommand) {
  const Device before = *Meter();
  EXPECT_EQ(ContentAt(kFirst), "factory");
  EXPECT_EQ(*Meter(), before);
  EXPECT_THAT(EventKinds(), ElementsAre(Event::Kind::kEnrolled));
}

TEST_F(CycleRulesTest, APostUnderTheNextIdentifierKillsThePreviousOne) {
  const Identifier next = Cycle(kFirst, "one");
  EXPECT_EQ(ContentAt(next), "one");
  EXPECT_EQ(ContentAt(kFirst), "DEAD_IDENTIFIER");
  EXPECT_EQ(harness_.Fetched(MakeFetch(next)).info.origin, Origin::kDevice);
}

TEST_F(CycleRulesTest, UntilTheNextIsUsedThePreviousIdentifierStaysGood) {
  const Identifier next = harness_.Fetched(MakeFetch(kFirst)).next;
  EXPECT_EQ(ContentAt(next), "NOT_STORED_YET");
  EXPECT_EQ(ContentAt(kFirst), "factory");
}

TEST_F(CycleRulesTest, ARepeatedPostOfTheSameContentSucceedsAndWritesNothing) {
  const Identifier next = Cycle(kFirst, "one");
  const Device before = *Meter();
  const StoreOutcome repeated = harness_.Stored(MakeStore(next, "one"));
  EXPECT_TRUE(repeated.repeated);
  EXPECT_EQ(repeated.generation, 2u);
  EXPECT_EQ(repeated.next, before.next);
  EXPECT_EQ(*Meter(), before);
}

TEST_F(CycleRulesTest, ARepeatedPostOfOtherContentOrUnderAnotherNameIsRefused) {
  const Identifier next = Cycle(kFirst, "one");
  EXPECT_EQ(ReasonOf(MakeStore(next, "two")), "ALREADY_STORED");
  EXPECT_EQ(ReasonOf(MakeStore(next, "one", "night")), "ALREADY_STORED");
  EXPECT_EQ(ReasonOf(MakeStore(kFirst, "one")), "DEAD_IDENTIFIER");
}

TEST_F(CycleRulesTest, APostUnderTheEnrolledIdentifierIsRefusedEvenWithTheFactoryContent) {
  EXPECT_EQ(ReasonOf(MakeStore(kFirst, "factory")), "ALREADY_STORED");
}

TEST_F(CycleRulesTest, APostOnADeadIdentifierRaisesASuspicion) {
  const Identifier next = Cycle(kFirst, "one");
  EXPECT_EQ(ReasonOf(MakeStore(kFirst, "forged")), "DEAD_IDENTIFIER");
  EXPECT_EQ(Meter()->suspicions, 1u);
  EXPECT_EQ(harness_.events().back().kind, Event::Kind::kDeadPost);
  EXPECT_EQ(harness_.events().back().source, "192.0.2.1");
  EXPECT_EQ(ContentAt(next), "one");
}

TEST_F(CycleRulesTest, AGetOnADeadIdentifierRaisesASuspicionOfItsOwn) {
  (void)Cycle(kFirst, "one");
  EXPECT_EQ(ContentAt(kFirst), "DEAD_IDENTIFIER");
  EXPECT_EQ(harness_.events().back().kind, Event::Kind::kDeadGet);
  EXPECT_EQ(Meter()->suspicions, 1u);
}

TEST_F(CycleRulesTest, AnIdentifierThatNobodyHasIsUnknown) {
  EXPECT_EQ(ContentAt(MakeIdentifier("other")), "UNKNOWN_IDENTIFIER");
  EXPECT_EQ(ReasonOf(MakeStore(MakeIdentifier("other"), "x")), "UNKNOWN_IDENTIFIER");
}

TEST_F(CycleRulesTest, DeadIdentifiersAreRememberedAsLongAsThePolicySays) {
  Identifier identifier = kFirst;
  for (int i = 0; i < 4; ++i) identifier = Cycle(identifier, std::to_string(i));
  EXPECT_EQ(ContentAt(kFirst), "DEAD_IDENTIFIER");
  (void)Cycle(identifier, "4");
  EXPECT_EQ(ContentAt(kFirst), "UNKNOWN_IDENTIFIER");
}

TEST_F(CycleRulesTest, ADrawnIdentifierThatIsTakenIsDrawnAgain) {
  const Identifier next = harness_.Fetched(MakeFetch(kFirst)).next;
  harness_.source().Force(kFirst);
  harness_.source().Force(next);
  const StoreOutcome stored = harness_.Stored(MakeStore(next, "one"));
  EXPECT_FALSE(stored.next == kFirst);
  EXPECT_FALSE(stored.next == next);
}

TEST_F(CycleRulesTest, TwoPostsOnOneNextInOneBatchAreDecidedByTheFirst) {
  const Identifier next = harness_.Fetched(MakeFetch(kFirst)).next;
  const auto outcomes =
      harness_.ApplyTogether({MakeStore(next, "mine"), MakeStore(next, "yours")});
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(ErrorReason(outcomes[1].status()), "ALREADY_STORED");
  EXPECT_EQ(ContentAt(next), "mine");
}

TEST_F(CycleRulesTest, TheFirstClaimBindsTheDeviceAndShutsOutTheOther) {
  Fetch mine = MakeFetch(kFirst);
  mine.claim = MakeIdentifier("my claim");
  Fetch yours = MakeFetch(kFirst);
  yours.claim = MakeIdentifier("your claim");
  const auto outcomes = harness_.ApplyTogether({mine, yours});
  ASSERT_TRUE(outcomes[0].ok());
  EXPECT_EQ(ErrorReason(outcomes[1].status()), "CLAIMED_BY_ANOTHER");
  EXPECT_EQ(ContentAt(kFirst), "CLAIMED_BY_ANOTHER");
  const Identifier next = std::get<FetchOutcome>(*outcomes[0]).next;
  Store store = MakeStore(next, "one");
  EXPECT_EQ(ReasonOf(store), "CLAIMED_BY_ANOTHER");
  store.claim = mine.claim;
  EXPECT_TRUE(harness_.Apply(store).ok());
  EXPECT_EQ(Meter()->suspicions, 3u);
}

TEST_F(CycleRulesTest, APostMayBindTheClaim) {
  Store store = MakeStore(harness_.Fetched(MakeFetch(kFirst)).next, "one");
  store.claim = MakeIdentifier("my claim");
  (void)harness_.Stored(store);
  EXPECT_EQ(ContentAt(store.identifier), "CLAIMED_BY_ANOTHER");
}

TEST_F(CycleRulesTest, KeepsTheLastGenerationsAndErasesOlderContent) {
  Identifier identifier = kFirst;
  for (int i = 2; i <= 6; ++i) identifier = Cycle(identifier, std::to_string(i));
  Fetch old = MakeFetch(identifier);
  old.generation = 4;
  EXPECT_EQ(*harness_.ContentOf(*harness_.Get(old)), "4");
  old.generation = 3;
  const absl::Status missing = harness_.Get(old).status();
  EXPECT_EQ(ErrorReason(missing), "GENERATION_NOT_KEPT");
  EXPECT_EQ(ErrorMetadata(missing).at("next_identifier"), Meter()->next.ToHex());
  EXPECT_EQ(dynamic_cast<MemoryCheckpointStore&>(harness_.store()).content_count(), 3u);
}

TEST_F(CycleRulesTest, KeepsCheckpointsUnderSeveralNames) {
  EXPECT_EQ(ContentAt(kFirst, "night"), "NO_SUCH_CHECKPOINT");
  Identifier identifier = Cycle(kFirst, "dark", "night");
  identifier = Cycle(identifier, "bright", "day");
  EXPECT_EQ(ContentAt(identifier, "night"), "dark");
  EXPECT_EQ(ContentAt(identifier, "day"), "bright");
  EXPECT_EQ(ContentAt(identifier), "factory");
  EXPECT_EQ(Meter()->generation, 3u);
}

TEST_F(CycleRulesTest, ANameBeyondTheLimitIsRefused) {
  Identifier identifier = kFirst;
  for (int i = 0; i < 7; ++i) identifier = Cycle(identifier, "x", "n" + std::to_string(i));
  const Identifier next = harness_.Fetched(MakeFetch(identifier)).next;
  EXPECT_EQ(ReasonOf(MakeStore(next, "x", "one-too-many")), "TOO_MANY_NAMES");
  EXPECT_TRUE(harness_.Apply(MakeStore(next, "x", "n0")).ok());
}

TEST_F(CycleRulesTest, ComparesAndSwapsByGeneration) {
  Store store = MakeStore(harness_.Fetched(MakeFetch(kFirst)).next, "one");
  store.expected_generation = 9;
  const absl::Status refused = harness_.Apply(store).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorMetadata(refused).at("current_generation"), "1");
  store.expected_generation = 1;
  EXPECT_EQ(harness_.Stored(store).generation, 2u);
}

TEST_F(CycleRulesTest, ACheckpointBeyondTheLimitIsRefused) {
  const Identifier next = harness_.Fetched(MakeFetch(kFirst)).next;
  EXPECT_EQ(ReasonOf(MakeStore(next, std::string((1 << 20) + 1, 'x'))), "CHECKPOINT_TOO_LARGE");
  EXPECT_EQ(harness_.Stored(MakeStore(next, std::string(1 << 20, 'x'))).generation, 2u);
}

TEST_F(CycleRulesTest, LearnsTheIntervalAndTakesTheOneThatIsTold) {
  Identifier identifier = kFirst;
  for (int i = 0; i <= 4; ++i) {
    const FetchOutcome fetched = harness_.Fetched(MakeFetch(identifier));
    Store store = MakeStore(fetched.next, std::to_string(i));
    store.time = absl::UnixEpoch() + absl::Seconds(20 * (i + 1));
    store.next_wake = i == 4 ? 600 : 0;
    identifier = fetched.next;
    (void)harness_.Stored(store);
  }
  EXPECT_EQ(Meter()->learned_interval, absl::Seconds(20));
  EXPECT_EQ(Meter()->told_interval, 600u);
  EXPECT_EQ(Meter()->cycles, 5u);
}

TEST_F(CycleRulesTest, KeepsTheLatestBatteryReading) {
  Store store = MakeStore(harness_.Fetched(MakeFetch(kFirst)).next, "one");
  store.battery = {.percent = 87.5F, .millivolts = 2950};
  const StoreOutcome stored = harness_.Stored(store);
  (void)harness_.Stored(MakeStore(stored.next, "two"));
  EXPECT_EQ(Meter()->battery.percent, 87.5F);
  EXPECT_EQ(Meter()->battery.millivolts, 2950);
}

}  // namespace
}  // namespace understudy::checkpoint_store
