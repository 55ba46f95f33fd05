#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_TESTING_RECORDING_MEMBERSHIP_OBSERVER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_TESTING_RECORDING_MEMBERSHIP_OBSERVER_H_

#include <atomic>

#include "services/station_agent/membership_session.h"
#include "services/station_agent/testing/fake_services.h"

namespace understudy::station_agent {

// Keeps what a session with membership tells, for a test to wait on. Thread-safe.
class RecordingMembershipObserver final : public MembershipObserver {
 public:
  JoinAnnouncement MakeAnnouncement() override {
    ++announcements;
    JoinAnnouncement announcement;
    announcement.station_id = "gate-1";
    announcement.kind = StationKind::kDeployment;
    announcement.declared_duty = DeclaredDuty{"gate", {}, true};
    return announcement;
  }
  void OnJoined(const JoinedSession& session) override { joined.Add(session); }
  void OnJoinFailed(const absl::Status& why) override { failed.Add(why); }
  void OnSessionOver(const absl::Status& why) override { over.Add(why); }
  void OnConversing() override { conversing.Add(true); }
  void OnStreamBeatAnswered(uint64_t sequence) override { answered.Add(sequence); }

  // Made for each attempt to join, and for leaving.
  std::atomic<int> announcements = 0;
  Inbox<JoinedSession> joined;
  Inbox<absl::Status> failed;
  Inbox<absl::Status> over;
  Inbox<bool> conversing;
  Inbox<uint64_t> answered;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_TESTING_RECORDING_MEMBERSHIP_OBSERVER_H_
