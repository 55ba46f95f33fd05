#include "services/station_agent/duty_core.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace understudy::station_agent {
namespace {

namespace act = duty_action;

Sha256 Hash(uint8_t byte) {
  Sha256 sha256;
  sha256.fill(byte);
  return sha256;
}

DutyOrder Order(const std::string& duty, uint64_t epoch, uint64_t number, uint8_t hash = 7) {
  return {duty, {epoch, number}, "duties/" + duty, 5, Hash(hash), false};
}

KeptDocument Kept(const std::string& duty, uint8_t hash = 7, uint64_t revision = 5) {
  return {duty, "duties/" + duty, revision, Hash(hash), 100};
}

StationRole Backup() { return {}; }

StationRole Declares(const std::string& duty, bool strict = false) {
  StationRole role;
  role.kind = StationKind::kDeployment;
  role.duty = DutyOrder{duty, {}, "duties/" + duty, 0, std::nullopt, strict};
  return role;
}

class DutyCoreTest : public testing::Test {
 protected:
  void Start(StationRole role, const std::vector<KeptDocument>& kept = {},
             const std::optional<DutyCore::NativeOrder>& order = std::nullopt) {
    core_.Start(std::move(role), kept, order);
    core_.OnNativeAttached(now_);
    Collect();
  }

  // A backup with the duty's document staged.
  void StartSpare(const std::string& duty = "gate") { Start(Backup(), {Kept(duty)}); }

  void Collect() {
    actions_ = core_.TakeActions();
    for (const DutyAction& action : actions_) {
      if (const auto* give = std::get_if<act::GiveToNative>(&action)) order_ = give->order;
      if (const auto* stop = std::get_if<act::StopNative>(&action)) order_ = stop->order;
      if (const auto* save = std::get_if<act::SaveRole>(&action)) version_ = save->version;
    }
  }
  template <typename Action>
  const Action* Find() const {
    for (const DutyAction& action : actions_) {
      if (const auto* found = std::get_if<Action>(&action)) return found;
    }
    return nullptr;
  }

  void Activate(const DutyOrder& order) {
    core_.OnActivate(now_, order);
    Collect();
  }
  void NativeSays(NativeState::Kind kind, uint8_t hash = 0) {
    core_.OnNativeState(now_, {kind, order_, Hash(hash), "why"});
    Collect();
  }
  void ActivateAndRun(const DutyOrder& order) {
    Activate(order);
    NativeSays(NativeState::Kind::kRunning, (*order.sha256)[0]);
  }
  void StandDown(const std::string& duty, uint64_t epoch, uint64_t number) {
    core_.OnStandDown(duty, {epoch, number});
    Collect();
  }
  void Saved() {
    core_.OnRoleSaved(version_);
    Collect();
  }
  void Wait(absl::Duration duration) {
    now_ = now_ + duration;
    core_.OnTime(now_);
    Collect();
  }

  Random random_{1};
  DutyCore core_{{}, random_};
  SteadyTime now_ = SteadyTime::FromNanoseconds(1'000'000'000);
  std::vector<DutyAction> actions_;
  // The newest order to the native process, and version of the role to be saved.
  uint64_t order_ = 0;
  uint64_t version_ = 0;
};

TEST_F(DutyCoreTest, GivesAStagedDocumentAtOnce) {
  StartSpare();
  Activate(Order("gate", 1, 2));
  ASSERT_EQ(actions_.size(), 4u);
  EXPECT_TRUE(std::holds_alternative<act::GiveToNative>(actions_[0]));
  EXPECT_TRUE(std::holds_alternative<act::ReplyAccepted>(actions_[1]));
  EXPECT_TRUE(std::holds_alternative<act::SaveRole>(actions_[2]));
  EXPECT_TRUE(std::holds_alternative<act::TellRole>(actions_[3]));
  EXPECT_EQ(core_.role().kind, StationKind::kDeployment);
}

TEST_F(DutyCoreTest, SaysRunningOnlyWhenTheNativeProcessRunsTheVeryDocument) {
  StartSpare();
  Activate(Order("gate", 1, 2));
  now_ = now_ + absl::Milliseconds(2);
  NativeSays(NativeState::Kind::kRunning, 7);
  const auto* running = Find<act::ReplyRunning>();
  ASSERT_NE(running, nullptr);
  EXPECT_EQ(running->order.mark.number, 2u);
  EXPECT_EQ(running->sha256, Hash(7));
  EXPECT_EQ(running->took, absl::Milliseconds(2));
  ASSERT_TRUE(core_.Holding().has_value());
}

TEST_F(DutyCoreTest, RefusesWhatTheNativeProcessRunsInstead) {
  StartSpare();
  Activate(Order("gate", 1, 2));
  NativeSays(NativeState::Kind::kRunning, 8);
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "HASH_MISMATCH");
  EXPECT_NE(Find<act::StopNative>(), nullptr);
  EXPECT_EQ(core_.role().kind, StationKind::kBackup);
  EXPECT_FALSE(core_.role().duty.has_value());
}

TEST_F(DutyCoreTest, IgnoresAnAnswerToAnEarlierOrder) {
  StartSpare();
  Activate(Order("gate", 1, 2));
  core_.OnNativeState(now_, {NativeState::Kind::kRunning, order_ + 1, Hash(7), ""});
  Collect();
  EXPECT_EQ(Find<act::ReplyRunning>(), nullptr);
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kStarting);
}

TEST_F(DutyCoreTest, FetchesADocumentThatIsNotHereBeforeItGivesIt) {
  Start(Backup());
  Activate(Order("gate", 1, 2));
  ASSERT_NE(Find<act::Fetch>(), nullptr);
  EXPECT_EQ(Find<act::Fetch>()->wanted.revision, 5u);
  EXPECT_FALSE(core_.Holding().has_value());
  core_.OnFetched(now_, Kept("gate"), "");
  Collect();
  EXPECT_NE(Find<act::GiveToNative>(), nullptr);
}

TEST_F(DutyCoreTest, RefusesWhenTheDocumentCannotBeHad) {
  Start(Backup());
  Activate(Order("gate", 1, 2));
  core_.OnFetched(now_, Kept("gate"), "the vault is away");
  Collect();
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "DOCUMENT_UNAVAILABLE");
}

TEST_F(DutyCoreTest, RefusesADutyWithoutADocument) {
  StartSpare();
  DutyOrder order = Order("gate", 1, 2);
  order.sha256.reset();
  Activate(order);
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "DOCUMENT_UNAVAILABLE");
}

TEST_F(DutyCoreTest, RefusesAnotherDutyWhileItHoldsOne) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  Activate(Order("pump", 1, 2));
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "BUSY");
  EXPECT_EQ(core_.role().duty->duty_id, "gate");
}

TEST_F(DutyCoreTest, RefusesAnOrderOlderThanTheNewestSeen) {
  StartSpare();
  ActivateAndRun(Order("gate", 2, 5));
  for (const auto& [epoch, number] : {std::pair(1, 9), std::pair(2, 4)}) {
    Activate(Order("gate", static_cast<uint64_t>(epoch), static_cast<uint64_t>(number)));
    ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
    EXPECT_EQ(Find<act::ReplyRefused>()->reason, "STALE_ORDER");
  }
  EXPECT_EQ(core_.role().duty->mark, (OrderMark{2, 5}));
}

TEST_F(DutyCoreTest, RefusesOrdersOfADeposedRootWhateverTheirDuty) {
  StartSpare();
  core_.OnEpoch(6);
  Activate(Order("gate", 5, 9));
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "STALE_ORDER");
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kNone);
  ActivateAndRun(Order("gate", 6, 1));
  core_.OnEpoch(7);
  StandDown("gate", 6, 2);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "STALE_ORDER");
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kRunning) << "a new epoch alone touches no duty";
}

TEST_F(DutyCoreTest, AnOrderOfANewerEpochMakesAllEarlierOnesStale) {
  StartSpare();
  StandDown("pump", 9, 1);
  Activate(Order("gate", 8, 1));
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "STALE_ORDER");
}

TEST_F(DutyCoreTest, RemembersNewestOrdersOfDutiesThatItGaveBack) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  StandDown("gate", 1, 3);
  NativeSays(NativeState::Kind::kIdle);
  Saved();
  Activate(Order("gate", 1, 2));
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "STALE_ORDER");
}

TEST_F(DutyCoreTest, AnswersARepeatedActivationAgainWithoutChangingAnything) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  Activate(Order("gate", 1, 2));
  EXPECT_NE(Find<act::ReplyAccepted>(), nullptr);
  EXPECT_NE(Find<act::ReplyRunning>(), nullptr);
  EXPECT_EQ(Find<act::GiveToNative>(), nullptr);
  EXPECT_EQ(Find<act::SaveRole>(), nullptr);
}

TEST_F(DutyCoreTest, TakesANewerDocumentOfItsOwnDuty) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  DutyOrder newer = Order("gate", 1, 2, 9);
  newer.revision = 6;
  Activate(newer);
  ASSERT_NE(Find<act::Fetch>(), nullptr);
  core_.OnFetched(now_, Kept("gate", 9, 6), "");
  Collect();
  NativeSays(NativeState::Kind::kRunning, 9);
  ASSERT_NE(Find<act::ReplyRunning>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRunning>()->order.revision, 6u);
}

// A revision 6, with hash 9, of the duty that runs at revision 5.
DutyOrder Newer() {
  DutyOrder newer = Order("gate", 1, 2, 9);
  newer.revision = 6;
  return newer;
}

TEST_F(DutyCoreTest, RunsOnWhileANewerDocumentIsFetched) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  Activate(Newer());
  EXPECT_NE(Find<act::ReplyAccepted>(), nullptr);
  EXPECT_EQ(Find<act::GiveToNative>(), nullptr);
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kRunning);
  EXPECT_TRUE(core_.OwnsConfiguration(order_));
  EXPECT_EQ(core_.Holding()->sha256, Hash(7));
}

TEST_F(DutyCoreTest, ItsOwnChangeThatIsNotUploadedWinsOverANewerDocument) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  core_.OnConfigurationKept(Kept("gate", 8, 0));
  Activate(Newer());
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "CHANGED_HERE");
  EXPECT_EQ(Find<act::Fetch>(), nullptr);
  EXPECT_FALSE(core_.Takes(Kept("gate", 9, 6)));
}

TEST_F(DutyCoreTest, ItsOwnChangeDuringTheFetchWinsToo) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  Activate(Newer());
  core_.OnConfigurationKept(Kept("gate", 8, 0));
  core_.OnFetched(now_, Kept("gate", 9, 6), "superseded");
  Collect();
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "CHANGED_HERE");
  EXPECT_EQ(core_.kept().at("gate").sha256, Hash(8));
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kRunning);
}

TEST_F(DutyCoreTest, RunsOnWhenANewerDocumentCannotBeFetched) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  Activate(Newer());
  core_.OnFetched(now_, Kept("gate", 9, 6), "the vault is away");
  Collect();
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "DOCUMENT_UNAVAILABLE");
  EXPECT_EQ(Find<act::StopNative>(), nullptr);
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kRunning);
  EXPECT_EQ(core_.role().duty->revision, 5u);
}

TEST_F(DutyCoreTest, GoesBackToWhatItRanWhenTheNewerDocumentIsRefused) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  Activate(Newer());
  core_.OnFetched(now_, Kept("gate", 9, 6), "");
  Collect();
  ASSERT_TRUE(core_.Holding().has_value());
  EXPECT_EQ(core_.Holding()->sha256, Hash(7));
  NativeSays(NativeState::Kind::kRefused);
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_NE(Find<act::Restore>(), nullptr);
  EXPECT_NE(Find<act::GiveToNative>(), nullptr);
  EXPECT_EQ(Find<act::StopNative>(), nullptr);
  EXPECT_EQ(core_.kept().at("gate").sha256, Hash(7));
  NativeSays(NativeState::Kind::kRunning, 7);
  EXPECT_EQ(core_.role().kind, StationKind::kDeployment);
  EXPECT_EQ(core_.Holding()->revision, 5u);
}

TEST_F(DutyCoreTest, DoesNotGoBackForAnOrderOfAnOlderRevision) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  Activate(Newer());
  core_.OnFetched(now_, Kept("gate", 9, 6), "");
  Collect();
  NativeSays(NativeState::Kind::kRunning, 9);
  Activate(Order("gate", 1, 2));
  EXPECT_EQ(Find<act::GiveToNative>(), nullptr);
  ASSERT_NE(Find<act::ReplyRunning>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRunning>()->sha256, Hash(9));
  EXPECT_EQ(Find<act::ReplyRunning>()->order.revision, 6u);
  EXPECT_FALSE(core_.Takes(Kept("gate", 7, 5)));
}

TEST_F(DutyCoreTest, RefusesAnActivationWithoutANativeProcess) {
  core_.Start(Backup(), {Kept("gate")}, std::nullopt);
  Collect();
  Activate(Order("gate", 1, 2));
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "NATIVE_PROCESS_DEAD");
}

TEST_F(DutyCoreTest, GivesUpWhenTheNativeProcessDiesDuringTheActivation) {
  StartSpare();
  Activate(Order("gate", 1, 2));
  core_.OnNativeLost();
  Collect();
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "NATIVE_PROCESS_DEAD");
  EXPECT_EQ(core_.role().kind, StationKind::kBackup);
}

TEST_F(DutyCoreTest, GivesUpWhenTheNativeProcessDoesNotAnswerInTime) {
  StartSpare();
  Activate(Order("gate", 1, 2));
  EXPECT_EQ(core_.NextAt(), now_ + absl::Seconds(5));
  Wait(absl::Seconds(5));
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "NATIVE_PROCESS_TIMEOUT");
  EXPECT_NE(Find<act::StopNative>(), nullptr);
  EXPECT_TRUE(core_.NextAt().is_infinite());
}

TEST_F(DutyCoreTest, PassesOnWhyTheNativeProcessRefuses) {
  StartSpare();
  Activate(Order("gate", 1, 2));
  NativeSays(NativeState::Kind::kRefused);
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRefused>()->reason, "NATIVE_PROCESS_REFUSED");
  EXPECT_EQ(Find<act::ReplyRefused>()->message, "why");
}

TEST_F(DutyCoreTest, SaysStoodDownWhenTheProcessHasStoppedAndTheRoleIsOnDisk) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  StandDown("gate", 1, 3);
  EXPECT_NE(Find<act::StopNative>(), nullptr);
  EXPECT_EQ(core_.role().kind, StationKind::kBackup);
  EXPECT_EQ(Find<act::ReplyStoodDown>(), nullptr);
  NativeSays(NativeState::Kind::kIdle);
  EXPECT_EQ(Find<act::ReplyStoodDown>(), nullptr);
  Saved();
  ASSERT_NE(Find<act::ReplyStoodDown>(), nullptr);
  EXPECT_EQ(Find<act::ReplyStoodDown>()->number, 3u);
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kNone);
}

// Found by the simulation of a whole site: a strict duty ran at two stations.
TEST_F(DutyCoreTest, ARepeatedStandDownIsNotAnsweredWhileTheProcessStillStops) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  StandDown("gate", 1, 3);
  Saved();
  StandDown("gate", 1, 4);
  EXPECT_EQ(Find<act::ReplyStoodDown>(), nullptr);
  NativeSays(NativeState::Kind::kIdle);
  ASSERT_NE(Find<act::ReplyStoodDown>(), nullptr);
  EXPECT_EQ(Find<act::ReplyStoodDown>()->number, 4u);
}

TEST_F(DutyCoreTest, StandsDownWithoutWaitingForADeadProcess) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  StandDown("gate", 1, 3);
  core_.OnNativeLost();
  Saved();
  EXPECT_NE(Find<act::ReplyStoodDown>(), nullptr);
}

TEST_F(DutyCoreTest, AnswersAStandDownFromADutyThatItDoesNotHold) {
  StartSpare();
  StandDown("pump", 1, 3);
  EXPECT_NE(Find<act::ReplyStoodDown>(), nullptr);
  EXPECT_EQ(Find<act::StopNative>(), nullptr);
}

TEST_F(DutyCoreTest, TakesANewDutyWhileTheProcessStillStops) {
  Start(Backup(), {Kept("gate"), Kept("pump")});
  ActivateAndRun(Order("gate", 1, 2));
  StandDown("gate", 1, 3);
  Activate(Order("pump", 1, 4));
  NativeSays(NativeState::Kind::kRunning, 7);
  Saved();
  EXPECT_NE(Find<act::ReplyStoodDown>(), nullptr);
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kRunning);
  EXPECT_EQ(core_.role().duty->duty_id, "pump");
}

TEST_F(DutyCoreTest, HoldsTheDutyThatItDeclares) {
  Start(Declares("gate"));
  ASSERT_TRUE(core_.Holding().has_value());
  EXPECT_EQ(core_.Holding()->mark.number, 0u);
  NativeSays(NativeState::Kind::kRunning, 3);
  DutyOrder order = Order("gate", 1, 1);
  order.revision = 0;
  order.sha256.reset();
  core_.OnHold(now_, order);
  Collect();
  EXPECT_EQ(core_.role().duty->mark, (OrderMark{1, 1}));
  ASSERT_NE(Find<act::ReplyRunning>(), nullptr);
  EXPECT_EQ(Find<act::ReplyRunning>()->sha256, Hash(3));
  EXPECT_NE(Find<act::SaveRole>(), nullptr);
}

TEST_F(DutyCoreTest, LeavesANativeProcessAloneThatRunsWhatItBrought) {
  Start(Declares("gate"));
  EXPECT_EQ(Find<act::GiveToNative>(), nullptr);
  EXPECT_EQ(Find<act::StopNative>(), nullptr);
}

TEST_F(DutyCoreTest, StopsWhatABackupsProcessMayRunAtTheStart) {
  Start(Backup());
  EXPECT_NE(Find<act::StopNative>(), nullptr);
}

TEST_F(DutyCoreTest, GivesTheKeptDocumentToAProcessThatCameBackWithoutOne) {
  StationRole role = Declares("gate");
  role.duty->sha256 = Hash(7);
  Start(role, {Kept("gate")});
  NativeSays(NativeState::Kind::kIdle);
  Wait(absl::Milliseconds(999));
  EXPECT_EQ(Find<act::GiveToNative>(), nullptr);
  Wait(absl::Milliseconds(1));
  EXPECT_NE(Find<act::GiveToNative>(), nullptr);
}

TEST_F(DutyCoreTest, OwnsOnlyConfigurationsOfItsCurrentOrder) {
  StartSpare();
  EXPECT_FALSE(core_.OwnsConfiguration(order_));
  ActivateAndRun(Order("gate", 1, 2));
  EXPECT_TRUE(core_.OwnsConfiguration(order_));
  EXPECT_FALSE(core_.OwnsConfiguration(0));
  StandDown("gate", 1, 3);
  EXPECT_FALSE(core_.OwnsConfiguration(order_));
}

TEST_F(DutyCoreTest, DropsAChangeThatWasNeverUploadedWithTheDuty) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  core_.OnConfigurationKept(Kept("gate", 9, 0));
  StandDown("gate", 1, 3);
  EXPECT_NE(Find<act::Drop>(), nullptr);
  EXPECT_TRUE(core_.kept().empty());
}

TEST_F(DutyCoreTest, KnowsTheRevisionOfWhatItUploaded) {
  Start(Declares("gate"));
  core_.OnConfigurationKept(Kept("gate", 9, 0));
  core_.OnUploaded(12, Hash(9));
  EXPECT_EQ(core_.role().duty->revision, 12u);
  EXPECT_EQ(core_.kept().at("gate").revision, 12u);
}

TEST_F(DutyCoreTest, StopsTheDutyWhenItsLeaseIsOver) {
  StartSpare();
  DutyOrder order = Order("gate", 1, 2);
  order.strict_fencing = true;
  ActivateAndRun(order);
  core_.OnLeaseOver();
  Collect();
  EXPECT_NE(Find<act::StopNative>(), nullptr);
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kSuspended);
  ASSERT_TRUE(core_.Holding().has_value());
}

TEST_F(DutyCoreTest, KeepsAnOverlappingDutyRunningWithoutALease) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  core_.OnLeaseOver();
  Collect();
  EXPECT_EQ(Find<act::StopNative>(), nullptr);
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kRunning);
}

TEST_F(DutyCoreTest, AsksAgainWhenTheLeaseIsBackAndRunsOnlyOnTheSitesWord) {
  StartSpare();
  DutyOrder order = Order("gate", 1, 2);
  order.strict_fencing = true;
  ActivateAndRun(order);
  core_.OnLeaseOver();
  Collect();
  NativeSays(NativeState::Kind::kIdle);
  // Found by simulation: an order that waited in the connection of a frozen station.
  core_.OnHold(now_, order);
  Collect();
  EXPECT_EQ(Find<act::GiveToNative>(), nullptr);
  core_.OnLeaseRenewed();
  Collect();
  EXPECT_NE(Find<act::AttachAgain>(), nullptr);
  EXPECT_EQ(Find<act::GiveToNative>(), nullptr);
  core_.OnHold(now_, order);
  Collect();
  EXPECT_NE(Find<act::GiveToNative>(), nullptr);
  NativeSays(NativeState::Kind::kRunning, 7);
  EXPECT_NE(Find<act::ReplyRunning>(), nullptr);
}

TEST_F(DutyCoreTest, ABackupThatGotAnOrderWhileItsLeaseWasOverAsksAgain) {
  StartSpare();
  core_.OnLeaseOver();
  DutyOrder order = Order("gate", 1, 2);
  order.strict_fencing = true;
  core_.OnActivate(now_, order);
  Collect();
  EXPECT_FALSE(core_.Holding().has_value());
  EXPECT_EQ(Find<act::ReplyAccepted>(), nullptr);
  core_.OnLeaseRenewed();
  Collect();
  EXPECT_NE(Find<act::AttachAgain>(), nullptr);
}

TEST_F(DutyCoreTest, RunsNothingStrictAfterARestartBeforeTheSiteSaysSo) {
  Start(Declares("gate", /*strict=*/true));
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kSuspended);
  NativeSays(NativeState::Kind::kRunning, 3);
  core_.OnHold(now_, Order("gate", 1, 1));
  Collect();
  EXPECT_EQ(core_.phase(), DutyCore::Phase::kRunning);
  EXPECT_NE(Find<act::ReplyRunning>(), nullptr);
}

TEST_F(DutyCoreTest, AnswersAtOnceForADocumentThatItKeepsAlready) {
  StartSpare();
  core_.OnStage(Kept("gate", 7, 8));
  Collect();
  ASSERT_NE(Find<act::ReplyStaged>(), nullptr);
  EXPECT_EQ(Find<act::ReplyStaged>()->sha256, Hash(7));
  EXPECT_EQ(Find<act::Fetch>(), nullptr);
}

TEST_F(DutyCoreTest, FetchesADocumentThatIsToBeStaged) {
  Start(Backup());
  core_.OnStage(Kept("gate"));
  Collect();
  EXPECT_NE(Find<act::Fetch>(), nullptr);
  core_.OnFetched(now_, Kept("gate"), "");
  Collect();
  ASSERT_NE(Find<act::ReplyStaged>(), nullptr);
  EXPECT_EQ(Find<act::ReplyStaged>()->sha256, Hash(7));
}

TEST_F(DutyCoreTest, SaysWhyItCouldNotStage) {
  Start(Backup());
  core_.OnStage(Kept("gate"));
  core_.OnFetched(now_, Kept("gate"), "damaged");
  Collect();
  ASSERT_NE(Find<act::ReplyStaged>(), nullptr);
  EXPECT_EQ(Find<act::ReplyStaged>()->sha256, std::nullopt);
  EXPECT_EQ(Find<act::ReplyStaged>()->error, "damaged");
}

TEST_F(DutyCoreTest, ForgetsWhatIsUnstagedButNotItsOwnDuty) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  core_.OnUnstage("gate");
  Collect();
  EXPECT_EQ(Find<act::Drop>(), nullptr);
  StandDown("gate", 1, 3);
  core_.OnUnstage("gate");
  Collect();
  EXPECT_NE(Find<act::Drop>(), nullptr);
}

TEST_F(DutyCoreTest, GivesTheDocumentAgainWhenTheLinkWasRemade) {
  StartSpare();
  ActivateAndRun(Order("gate", 1, 2));
  core_.OnLinkRemade();
  Collect();
  EXPECT_NE(Find<act::GiveToNative>(), nullptr);
}

TEST_F(DutyCoreTest, SaysThatItRunsAHeldDutyAlsoAfterItsProcessRefusedAtFirst) {
  StartSpare();
  DutyOrder order = Order("gate", 1, 2);
  order.strict_fencing = true;
  ActivateAndRun(order);
  core_.OnLeaseOver();
  core_.OnLeaseRenewed();
  core_.OnHold(now_, order);
  Collect();
  NativeSays(NativeState::Kind::kRefused);
  ASSERT_NE(Find<act::ReplyRefused>(), nullptr);
  Wait(absl::Seconds(6));
  ASSERT_NE(Find<act::GiveToNative>(), nullptr);
  // Found by simulation: the site never gave it a newer document.
  NativeSays(NativeState::Kind::kRunning, 7);
  EXPECT_NE(Find<act::ReplyRunning>(), nullptr);
}

TEST_F(DutyCoreTest, FetchesTheDocumentOfAHeldDutyAgainWhenItCouldNotBeHad) {
  StationRole role = Declares("gate", /*strict=*/true);
  role.duty->sha256 = Hash(7);
  Start(role);
  DutyOrder order = Order("gate", 1, 1);
  order.strict_fencing = true;
  core_.OnHold(now_, order);
  core_.OnFetched(now_, Kept("gate"), "the vault is away");
  Wait(absl::Seconds(6));
  ASSERT_NE(Find<act::Fetch>(), nullptr);
  core_.OnFetched(now_, Kept("gate"), "");
  Collect();
  NativeSays(NativeState::Kind::kRunning, 7);
  EXPECT_NE(Find<act::ReplyRunning>(), nullptr);
}

}  // namespace
}  // namespace understudy::station_agent
