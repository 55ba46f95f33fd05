#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_TESTING_CORE_FIXTURE_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_TESTING_CORE_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/beat/beat.h"
#include "services/membership/membership_core.h"
#include "services/membership/shared_sessions.h"

namespace understudy::membership {

// A small site (8 stations at most, 2 leavers are remembered) whose time only the test moves.
class CoreFixture : public testing::Test {
 protected:
  using Joined = MembershipCore::Joined;

  static StationRecord Deployment(const std::string& id) {
    StationRecord record;
    record.id = id;
    record.kind = StationKind::kDeployment;
    return record;
  }
  static StationRecord Backup(const std::string& id) {
    StationRecord record = Deployment(id);
    record.kind = StationKind::kBackup;
    return record;
  }

  Moment Now() const { return {.steady = steady_, .wall = wall_}; }
  void Run(absl::Duration duration) {
    const absl::Duration step = absl::Milliseconds(10);
    for (absl::Duration ran; ran < duration; ran += step) {
      steady_ = steady_ + step;
      wall_ += step;
      core_.Tick(steady_, Now());
    }
  }

  Joined Join(const StationRecord& record) {
    EXPECT_TRUE(core_.BeginJoin(record.id).ok());
    steady_ = steady_ + absl::Nanoseconds(1);
    const auto joined = core_.Join(record, Now());
    steady_ = steady_ + absl::Nanoseconds(1);
    EXPECT_TRUE(joined.ok());
    return *joined;
  }
  // A beat by UDP.
  BeatResult Beat(const Joined& session, uint16_t health = 0) {
    const beat::Packet packet = beat::EncodeBeat({.health = health,
                                                  .session_id = session.session_id,
                                                  .sequence = ++sequences_[session.session_id]},
                                                 session.key);
    const SharedSessions::Bytes bytes(packet);
    SharedSessions::Outcome outcome;
    sessions_.AcceptBatch(std::span(&bytes, 1), steady_, outcome);
    for (const Slot slot : outcome.health_changed) core_.HealthChanged(slot, Now());
    for (size_t i = 0; i < kBeatResults; ++i) {
      if (outcome.counts[i] > 0) return static_cast<BeatResult>(i);
    }
    return BeatResult::kUnknownSession;
  }
  absl::Status OpenStream(const std::string& id, const Joined& session) {
    const auto proof = beat::HelloProof(session.key, id);
    return core_.OpenStream(id, session.session_id, std::string(proof.begin(), proof.end()), Now());
  }
  void Report(const Joined& session, StationReport report) {
    EXPECT_TRUE(core_.Report(session.session_id, std::move(report), Now()).ok());
  }

  const Member& Find(const std::string& id) const {
    static const Member kNone;
    const Member* member = core_.table().Find(id);
    EXPECT_NE(member, nullptr) << id;
    return member == nullptr ? kNone : *member;
  }
  // Without suspicions, which change nothing.
  std::vector<ChangeReason> TakeReasons() {
    std::vector<ChangeReason> reasons;
    for (const Event& event : core_.TakeOutput().events) {
      if (event.reason != ChangeReason::kSuspected) reasons.push_back(event.reason);
    }
    return reasons;
  }

  const CoreLimits limits_{.max_stations = 8, .max_left = 2, .max_events = 100};
  SteadyTime steady_ = SteadyTime::FromNanoseconds(9'000'000'000);
  absl::Time wall_ = absl::FromUnixSeconds(1'700'000'000);
  HeardTimes heard_{limits_.slots()};
  SharedSessions sessions_{heard_};
  MembershipCore core_{DetectorPolicy{}, limits_, sessions_, heard_};
  std::map<uint64_t, uint64_t> sequences_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_TESTING_CORE_FIXTURE_H_
