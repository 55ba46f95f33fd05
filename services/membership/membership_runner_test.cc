#include "services/membership/membership_runner.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/executor/manual_executor.h"
#include "common/status/status.h"
#include "common/time/simulated_clock.h"
#include "services/membership/testing/fake_station_registry.h"

namespace understudy::membership {
namespace {

// Writes down what it is told.
class Story final : public MembershipListener {
 public:
  void OnEvent(uint64_t incarnation, const Event& event) override {
    EXPECT_NE(incarnation, 0u);
    static constexpr const char* kReasons[] = {"",     "joined",   "failed",
                                               "left", "reported", "recovered"};
    if (event.reason == ChangeReason::kSuspected) return;
    lines_.push_back(event.member->id() + " " + kReasons[static_cast<size_t>(event.reason)]);
  }
  void OnSessionEnded(uint64_t session_id) override { ended_.push_back(session_id); }
  void OnReignBegan() override { lines_.push_back("reign"); }
  void OnReignEnded() override { lines_.push_back("end"); }

  std::vector<std::string> Take() { return std::exchange(lines_, {}); }
  const std::vector<uint64_t>& ended() const { return ended_; }

 private:
  std::vector<std::string> lines_;
  std::vector<uint64_t> ended_;
};

using Lines = std::vector<std::string>;

class MembershipRunnerTest : public testing::Test {
 protected:
  static StationRecord Named(const std::string& id) {
    StationRecord record;
    record.id = id;
    record.kind = StationKind::kDeployment;
    return record;
  }
  void Run(absl::Duration duration = absl::ZeroDuration()) { executor_.Advance(duration); }
  // What the join came to; nothing while the vault has not answered.
  std::optional<absl::StatusOr<MembershipRunner::Grant>> Join(const StationRecord& record) {
    grants_.emplace_back();
    runner_.Join(record, "", [this, index = grants_.size() - 1](auto grant) {
      grants_[index] = std::move(grant);
    });
    Run();
    return grants_.back();
  }
  MembershipRunner::Grant MustJoin(const StationRecord& record) {
    const auto grant = Join(record);
    EXPECT_TRUE(grant.has_value() && grant->ok());
    return **grant;
  }
  void Start() {
    runner_.Start();
    Run();
  }
  void LoseVault() {
    registry_.SetRole({.role = Role::kUnknown, .epoch = 0});
    registry_.FailWith(absl::UnavailableError("no vault"));
    Run();
  }

  const CoreLimits limits_{.max_stations = 8, .max_left = 1, .max_events = 100};
  SimulatedClock clock_;
  ManualExecutor executor_{clock_};
  Random random_{1};
  FakeStationRegistry registry_;
  OpenAdmission admission_;
  HeardTimes heard_{limits_.slots()};
  SharedSessions sessions_{heard_};
  metrics::Registry metrics_registry_;
  MembershipMetrics metrics_{metrics_registry_};
  Story story_;
  int ticks_ = 0;
  MembershipRunner runner_{DetectorPolicy{},
                           limits_,
                           {.executor = executor_,
                            .clock = clock_,
                            .random = random_,
                            .registry = registry_,
                            .admission = admission_,
                            .sessions = sessions_,
                            .heard = heard_,
                            .metrics = metrics_,
                            .observed = [this] { return clock_.SteadyNow(); },
                            .on_tick = [this](SteadyTime) { ++ticks_; }},
                           story_};
  std::vector<std::optional<absl::StatusOr<MembershipRunner::Grant>>> grants_;
};

TEST_F(MembershipRunnerTest, RefusesEverythingBeforeTheVaultHasAnswered) {
  registry_.SetRole({.role = Role::kUnknown, .epoch = 0});
  Start();
  EXPECT_EQ(ErrorReason(runner_.core().status()), "VAULT_UNAVAILABLE");
  EXPECT_EQ(ErrorReason(Join(Named("gate-1"))->status()), "VAULT_UNAVAILABLE");
  registry_.SetRole({.role = Role::kRoot, .epoch = 1});
  Run(absl::Seconds(1));
  EXPECT_TRUE(Join(Named("gate-1"))->ok());
}

TEST_F(MembershipRunnerTest, FailsTheExpectedThatDoNotCome) {
  registry_.Add(Named("gate-1"));
  Start();
  Run(absl::Seconds(4));
  EXPECT_EQ(story_.Take(), (Lines{"reign", "gate-1 failed"}));
  EXPECT_EQ(metrics_.verdicts[static_cast<size_t>(Verdict::kCrashed)].Value(), 1);
  EXPECT_EQ(metrics_.detection.Count(), 1u);
  EXPECT_EQ(metrics_.members[static_cast<size_t>(MemberState::kFailed)].Value(), 1);
  EXPECT_GT(ticks_, 300);
}

TEST_F(MembershipRunnerTest, GoesOnJudgingWhileTheVaultIsAway) {
  Start();
  MustJoin(Named("gate-1"));
  LoseVault();
  Run(absl::Seconds(10));
  EXPECT_EQ(story_.Take(), (Lines{"reign", "gate-1 joined", "gate-1 failed"}));
}

TEST_F(MembershipRunnerTest, LetsAKnownStationJoinAgainWhileTheVaultIsAway) {
  Start();
  MustJoin(Named("gate-1"));
  LoseVault();
  EXPECT_TRUE(Join(Named("gate-1"))->ok());
  EXPECT_EQ(ErrorReason(Join(Named("gate-2"))->status()), "VAULT_UNAVAILABLE");
}

TEST_F(MembershipRunnerTest, TakesTheNewEpochAfterAnOutage) {
  Start();
  EXPECT_EQ(MustJoin(Named("gate-1")).epoch, 1u);
  const uint64_t incarnation = runner_.incarnation();
  LoseVault();
  registry_.FailWith(absl::OkStatus());
  registry_.SetRole({.role = Role::kRoot, .epoch = 2});
  Run(absl::Seconds(1));
  EXPECT_EQ(MustJoin(Named("gate-2")).epoch, 2u);
  EXPECT_EQ(registry_.last_epoch(), 2u);
  EXPECT_EQ(runner_.incarnation(), incarnation);
}

TEST_F(MembershipRunnerTest, EndsEverySessionWithItsReign) {
  Start();
  const uint64_t incarnation = runner_.incarnation();
  MustJoin(Named("gate-1"));
  registry_.SetRole({.role = Role::kSentinel, .epoch = 2});
  Run();
  EXPECT_EQ(sessions_.live(), 0u);
  EXPECT_EQ(ErrorReason(runner_.core().status()), "NOT_ROOT");
  registry_.SetRole({.role = Role::kRoot, .epoch = 3});
  Run();
  EXPECT_EQ(story_.Take(), (Lines{"reign", "gate-1 joined", "end", "reign"}));
  EXPECT_NE(runner_.incarnation(), incarnation);
  EXPECT_EQ((*runner_.core())->table().Find("gate-1")->state, MemberState::kExpected);
}

TEST_F(MembershipRunnerTest, RefusesAJoinWhoseReignEndedMeanwhile) {
  Start();
  registry_.HoldPuts();
  EXPECT_FALSE(Join(Named("gate-1")).has_value());
  registry_.SetRole({.role = Role::kSentinel, .epoch = 2});
  Run();
  registry_.AnswerOne(absl::OkStatus());
  Run();
  ASSERT_TRUE(grants_[0].has_value());
  EXPECT_EQ(ErrorReason(grants_[0]->status()), "NOT_ROOT");
}

TEST_F(MembershipRunnerTest, SaysThatItIsNotRootWhenTheVaultRefusesItsEpoch) {
  Start();
  registry_.FailWith(MakeError(absl::StatusCode::kFailedPrecondition, "STALE_EPOCH", "older"));
  EXPECT_EQ(ErrorReason(Join(Named("gate-1"))->status()), "NOT_ROOT");
  EXPECT_EQ(metrics_.joins_refused.Value(), 1);
}

TEST_F(MembershipRunnerTest, GivesTheRoomBackWhenAJoinFails) {
  Start();
  registry_.FailWith(absl::UnavailableError("down"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ErrorReason(Join(Named("s-" + std::to_string(i)))->status()), "VAULT_UNAVAILABLE");
  }
  registry_.FailWith(absl::OkStatus());
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(Join(Named("t-" + std::to_string(i)))->ok());
  EXPECT_EQ(ErrorReason(Join(Named("u"))->status()), "SITE_FULL");
}

TEST_F(MembershipRunnerTest, WritesALeaveUntilTheVaultHasIt) {
  Start();
  const auto grant = MustJoin(Named("gate-1"));
  LoseVault();
  EXPECT_TRUE(runner_.Leave("gate-1", grant.session_id, "maintenance").ok());
  Run(absl::Seconds(5));
  EXPECT_FALSE(registry_.Find("gate-1")->has_left);
  registry_.FailWith(absl::OkStatus());
  Run(absl::Seconds(5));
  EXPECT_TRUE(registry_.Find("gate-1")->has_left);
  EXPECT_EQ(story_.ended(), std::vector<uint64_t>{grant.session_id});
}

TEST_F(MembershipRunnerTest, ForgetsOldLeaversInTheVaultToo) {
  Start();
  for (const char* id : {"a", "b"}) {
    EXPECT_TRUE(runner_.Leave(id, MustJoin(Named(id)).session_id, "").ok());
    Run();
  }
  EXPECT_FALSE(registry_.Find("a").has_value());
  EXPECT_TRUE(registry_.Find("b").has_value());
}

TEST_F(MembershipRunnerTest, CountsItsOwnAbsence) {
  Start();
  Run(absl::Milliseconds(100));
  clock_.Advance(absl::Seconds(2));
  Run(absl::Milliseconds(100));
  EXPECT_EQ(metrics_.stalls.Value(), 1);
  EXPECT_NEAR(metrics_.stalled_seconds.Value(), 2, 0.1);
}

}  // namespace
}  // namespace understudy::membership
