#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_CORE_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_CORE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/beat/session_key.h"
#include "services/membership/event_log.h"
#include "services/membership/failure_detector.h"
#include "services/membership/heard_times.h"
#include "services/membership/member.h"
#include "services/membership/member_table.h"
#include "services/membership/session_directory.h"

namespace understudy::membership {

// One instant on both clocks: the steady one decides, the wall one is for people.
struct Moment {
  SteadyTime steady;
  absl::Time wall;
};

struct CoreLimits {
  // Stations that have not left.
  size_t max_stations = 100'000;
  // Stations that have left and are still listed.
  size_t max_left = 1'000;
  // Events kept for watchers that resume.
  size_t max_events = 4'096;

  // Live sessions and as many that ended and are remembered.
  size_t slots() const { return max_stations * 2 + 64; }
};

// Who is here and who is alive, during one reign as root. Pure: time comes in, decisions go out
// through TakeOutput. Not thread-safe; one executor owns it.
class MembershipCore {
 public:
  // What somebody must act on, in the order it happened.
  struct Output {
    std::vector<Event> events;
    // The vault must learn these records.
    std::vector<StationRecord> records;
    // The vault may forget these stations.
    std::vector<std::string> forgotten;
    // Their streams must end.
    std::vector<uint64_t> ended_sessions;
  };
  struct Joined {
    uint64_t session_id = 0;
    beat::SessionKey key;
  };
  struct TickResult {
    absl::Duration stall;
    // From the last beat to the verdict, of each station that failed.
    std::vector<absl::Duration> detections;
  };

  // `sessions` and `heard` must outlive the core; `heard` has limits.slots() slots.
  MembershipCore(const DetectorPolicy& policy, const CoreLimits& limits, SessionDirectory& sessions,
                 HeardTimes& heard);

  // What the vault knew when this reign began, once, before all else. Makes no events.
  void Expect(const std::vector<StationRecord>& records, Moment now);

  // Joining takes a while, since the vault comes first. BeginJoin reserves the room; then either
  // Join or AbortJoin. RESOURCE_EXHAUSTED SITE_FULL.
  absl::Status BeginJoin(const std::string& station_id);
  void AbortJoin(const std::string& station_id);
  // Ends an earlier session of the station.
  absl::StatusOr<Joined> Join(const StationRecord& record, Moment now);
  // NOT_FOUND SESSION_NOT_FOUND.
  absl::Status Leave(std::string_view station_id, uint64_t session_id, Moment now);

  // FAILED_PRECONDITION SESSION_ENDED unless the proof shows that the stream belongs to a live
  // session. Counts as a beat, as all that follows does.
  absl::Status OpenStream(std::string_view station_id, uint64_t session_id, std::string_view proof,
                          Moment now);
  // A session that has ended is fine.
  void CloseStream(uint64_t session_id);
  // FAILED_PRECONDITION SESSION_ENDED. A late or repeated beat is kLate or kReplayed, no error.
  absl::StatusOr<BeatResult> StreamBeat(uint64_t session_id, uint64_t sequence, uint16_t health,
                                        Moment now);
  // FAILED_PRECONDITION SESSION_ENDED.
  absl::Status Report(uint64_t session_id, StationReport report, Moment now);
  // The slot's beats carry other health bits than before.
  void HealthChanged(Slot slot, Moment now);

  // Judges silences. All beats that arrived until `observed` are in the heard times already; it may
  // lag now.steady.
  TickResult Tick(SteadyTime observed, Moment now);

  Output TakeOutput();

  const MemberTable& table() const { return table_; }
  const EventLog& log() const { return log_; }
  bool storm_brake() const { return detector_.storm_brake(); }
  // When the member was last heard; absl::InfinitePast() when it was not, in this reign.
  absl::Time LastHeard(const Member& member, Moment now) const;

 private:
  void Emit(ChangeReason reason, const Member& member);
  void EndSession(Member& member);
  Member* FindLive(uint64_t session_id, Moment now);
  // Makes the verdict or the recovery that the member's faults ask for; whether there was one.
  bool JudgeFaults(Member& member, Moment now);
  void Suspect(Slot slot);
  void Fail(const FailureDetector::Silence& silence, Moment now);
  std::string DescribeSilence(const FailureDetector::Silence& silence, const Member& member) const;

  const DetectorPolicy policy_;
  const CoreLimits limits_;
  SessionDirectory& sessions_;
  HeardTimes& heard_;
  MemberTable table_;
  EventLog log_;
  FailureDetector detector_;
  // Stations that are joining and were not present before, with the number of their attempts.
  std::map<std::string, int, std::less<>> joining_;
  Output output_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_CORE_H_
