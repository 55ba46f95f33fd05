#include "services/membership/record_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/executor/manual_executor.h"
#include "common/status/status.h"
#include "common/time/simulated_clock.h"
#include "services/membership/testing/fake_station_registry.h"

namespace understudy::membership {
namespace {

StationRecord Named(const std::string& id, const std::string& version = "1") {
  StationRecord record;
  record.id = id;
  record.agent_version = version;
  return record;
}

class RecordWriterTest : public testing::Test {
 protected:
  void Write(const StationRecord& record) {
    writer_.Write(record, [this](const absl::Status& status) { results_.push_back(status); });
    executor_.RunReady();
  }
  void Sync(const StationRecord& record) {
    writer_.Sync(record);
    executor_.RunReady();
  }
  void Answer(const absl::Status& status = absl::OkStatus()) {
    registry_.AnswerOne(status);
    executor_.RunReady();
  }

  SimulatedClock clock_;
  ManualExecutor executor_{clock_};
  Random random_{1};
  FakeStationRegistry registry_;
  int finished_ = 0;
  RecordWriter writer_{
      {.max_in_flight = 2, .backoff = {}},         executor_, clock_, random_, registry_,
      [this](const absl::Status&) { ++finished_; }};
  std::vector<absl::Status> results_;
};

TEST_F(RecordWriterTest, WritesUnderTheCurrentEpoch) {
  writer_.SetEpoch(7);
  Write(Named("a"));
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_TRUE(results_[0].ok());
  EXPECT_TRUE(registry_.Find("a").has_value());
  EXPECT_EQ(registry_.last_epoch(), 7u);
  EXPECT_EQ(finished_, 1);
}

TEST_F(RecordWriterTest, DoesNotWriteWhatTheVaultHas) {
  StationRecord record = Named("a");
  record.joined_at = absl::FromUnixSeconds(5);
  writer_.Reset({record});
  record.joined_at = absl::FromUnixSeconds(9);
  Write(record);
  EXPECT_TRUE(results_.at(0).ok());
  EXPECT_EQ(registry_.puts(), 0u);
  Write(Named("a", "2"));
  EXPECT_EQ(registry_.puts(), 1u);
}

TEST_F(RecordWriterTest, TellsTheCallerOfAnErrorAndDoesNotRetry) {
  registry_.FailWith(absl::UnavailableError("down"));
  Write(Named("a"));
  EXPECT_EQ(results_.at(0).code(), absl::StatusCode::kUnavailable);
  executor_.Advance(absl::Seconds(60));
  EXPECT_EQ(registry_.puts(), 1u);
  EXPECT_EQ(writer_.waiting(), 0u);
}

TEST_F(RecordWriterTest, WritesAgainAfterAnErrorSinceNobodyKnowsWhatTheVaultHas) {
  writer_.Reset({Named("a")});
  registry_.FailWith(absl::UnavailableError("down"));
  Write(Named("a", "2"));
  registry_.FailWith(absl::OkStatus());
  Write(Named("a"));
  EXPECT_EQ(registry_.puts(), 2u);
}

TEST_F(RecordWriterTest, SyncsAgainUntilItIsDone) {
  registry_.FailWith(absl::UnavailableError("down"));
  Sync(Named("a"));
  executor_.Advance(absl::Seconds(10));
  EXPECT_GT(registry_.puts(), 3u);
  EXPECT_LT(registry_.puts(), 20u);
  registry_.FailWith(absl::OkStatus());
  executor_.Advance(absl::Seconds(3));
  EXPECT_TRUE(registry_.Find("a").has_value());
  EXPECT_EQ(writer_.waiting(), 0u);
}

TEST_F(RecordWriterTest, DoesNotRetryWhatTheVaultWillNeverTake) {
  registry_.FailWith(absl::InvalidArgumentError("no"));
  Sync(Named("a"));
  executor_.Advance(absl::Seconds(60));
  EXPECT_EQ(registry_.puts(), 1u);
}

TEST_F(RecordWriterTest, KeepsOneWritePerStationUnderWayAndTheNewestWaiting) {
  registry_.HoldPuts();
  Write(Named("a", "1"));
  Write(Named("a", "2"));
  Write(Named("a", "3"));
  EXPECT_EQ(registry_.held(), 1u);
  Answer();
  EXPECT_EQ(results_.size(), 1u);
  EXPECT_EQ(registry_.held(), 1u);
  Answer();
  EXPECT_EQ(results_.size(), 3u);
  EXPECT_EQ(registry_.Find("a")->agent_version, "3");
}

TEST_F(RecordWriterTest, ANewerRecordTakesTheRetrysPlace) {
  registry_.HoldPuts();
  Sync(Named("a", "1"));
  Sync(Named("a", "2"));
  Answer(absl::UnavailableError("down"));
  Answer();
  executor_.Advance(absl::Seconds(60));
  EXPECT_EQ(registry_.held(), 0u);
  EXPECT_EQ(registry_.Find("a")->agent_version, "2");
}

TEST_F(RecordWriterTest, BoundsWhatIsUnderWay) {
  registry_.HoldPuts();
  for (const char* id : {"a", "b", "c", "d"}) Write(Named(id));
  EXPECT_EQ(registry_.held(), 2u);
  EXPECT_EQ(writer_.waiting(), 4u);
  for (int i = 0; i < 4; ++i) Answer();
  EXPECT_EQ(results_.size(), 4u);
  EXPECT_EQ(writer_.waiting(), 0u);
}

TEST_F(RecordWriterTest, ANewReignRefusesWhatWaitedAndIgnoresLateAnswers) {
  registry_.HoldPuts();
  for (const char* id : {"a", "b", "c"}) Write(Named(id));
  writer_.Reset({});
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(ErrorReason(results_[0]), "NOT_ROOT");
  Answer();
  Answer();
  EXPECT_EQ(results_.size(), 3u);
  EXPECT_EQ(writer_.waiting(), 0u);
}

TEST_F(RecordWriterTest, ForgetsInTheVaultToo) {
  Write(Named("a"));
  writer_.Forget("a");
  EXPECT_FALSE(registry_.Find("a").has_value());
  Write(Named("a"));
  EXPECT_EQ(registry_.puts(), 2u);
}

}  // namespace
}  // namespace understudy::membership
