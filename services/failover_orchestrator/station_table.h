#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATION_TABLE_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATION_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/failover_orchestrator/duty.h"

namespace understudy::failover_orchestrator {

// A pre-staged document as the station says it keeps it.
struct StagedCopy {
  uint64_t revision = 0;
  std::string sha256;

  friend bool operator==(const StagedCopy&, const StagedCopy&) = default;
};

// What a station says when it attaches.
struct Greeting {
  // The duty that it runs; empty for none.
  std::string holding_duty;
  std::map<std::string, StagedCopy> staged;
  // What it runs of that duty's document; empty when it does not know.
  std::string holding_sha256{};
};

// An order to stop a duty that has moved away.
struct StandDownState {
  // The assignment that took the duty away.
  uint64_t number = 0;
  bool answered = false;
  // The attachment it was last sent on; 0: not sent.
  uint64_t sent_on = 0;
  std::string reason;
};

struct Station {
  // As membership sees it, if it does.
  std::optional<Member> member;
  // When it failed or left: it was last heard no later than this, so that its lease runs from here.
  SteadyTime last_heard;

  // Counts its attachments; the stream of an earlier one is dead.
  uint64_t attachment = 0;
  bool attached = false;
  // It was told, on this attachment, which duty it holds.
  bool greeted = false;
  // By its own replies.
  std::string holding_duty;
  // Of the document that it runs for it; empty while it has not said.
  std::string holding_sha256;
  std::map<std::string, StagedCopy> copies;
  std::map<std::string, StandDownState> stand_downs;

  // By the orchestrator: the duty that is assigned to it, or being claimed for it.
  std::string assigned_duty;
  std::string claimed_duty;

  bool InState(MemberState state) const { return member.has_value() && member->state == state; }
  bool IsAlive() const { return InState(MemberState::kAlive); }
  // Failed, left or removed: its duty must move.
  bool IsLost() const {
    return !member.has_value() || InState(MemberState::kFailed) || InState(MemberState::kLeft);
  }
  // Membership has not heard it for long, so that it renews no lease.
  bool IsSilent() const;
  bool HasUnansweredStandDown() const;
  // Free to take a duty now.
  bool IsSpare() const;
  // It says, in one way or another, that this duty is its own.
  bool Says(std::string_view duty_id) const;
  std::set<std::string> DutiesItClaims() const;
};

// What is known of every station. Pure.
class StationTable {
 public:
  // All that membership knows; whoever is not in it is unknown to membership from now on. Returns
  // the stations whose record changed.
  std::set<std::string> TakeSnapshot(std::vector<Member> members, Instant now);
  void TakeMember(Member member, Instant now);

  void Attach(std::string_view station_id, Greeting greeting);
  void Detach(std::string_view station_id);

  // Asks the station to stop `duty_id`, unless it was asked for this number already: then false.
  bool RequireStandDown(std::string_view station_id, std::string_view duty_id, uint64_t number,
                        std::string_view reason);
  void TakeStoodDown(std::string_view station_id, std::string_view duty_id, uint64_t number);

  // Creates it when it is new.
  Station& At(std::string_view station_id);
  const Station* Find(std::string_view station_id) const;
  Station* Find(std::string_view station_id);
  const std::map<std::string, Station, std::less<>>& all() const { return stations_; }

  // Recomputes whether the station is a spare. True when that changed.
  bool RefreshSpare(const std::string& station_id);
  // By id.
  const std::set<std::string>& spares() const { return spares_; }
  // Every backup that membership believes alive is attached, so that nothing better is to come.
  bool AllBackupsAttached() const;
  size_t attached_count() const;

 private:
  std::map<std::string, Station, std::less<>> stations_;
  std::set<std::string> spares_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATION_TABLE_H_
