#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_ACTIVE_FAILOVER_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_ACTIVE_FAILOVER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "services/failover_orchestrator/duty.h"

namespace understudy::failover_orchestrator {

// A failover under way.
struct ActiveFailover {
  enum class Phase {
    // A station is looked for; it may wait long.
    kDeciding,
    // ClaimDuty is on its way to the vault.
    kClaiming,
    // Claimed; waiting for those who ran the duty before to have stopped, and for the station to be
    // attached.
    kFencing,
    // Ordered, not yet accepted.
    kActivating,
    // Accepted, not yet running.
    kStarting,
  };
  // Whom the claim is for.
  enum class Claim {
    kSpare,
    // Nobody: a station that did not answer loses the duty although no other takes it.
    kNobody,
    // The station it came from: it holds the duty again.
    kBack,
  };
  // A spare that did not answer may be tried again from `again` on, or in another session.
  struct Abandoned {
    SteadyTime again;
    uint64_t session_id = 0;
  };

  FailoverRecord record;
  Phase phase = Phase::kDeciding;
  Claim claim = Claim::kSpare;
  // What the record goes back to when the claim is not taken.
  FailoverState state_before_claim = FailoverState::kUnspecified;

  SteadyTime verdict;
  SteadyTime claim_sent;
  SteadyTime claimed;
  SteadyTime ordered;
  std::optional<SteadyTime> accepted;
  std::optional<SteadyTime> fence_cleared;
  // When the station is abandoned, in the phases after kClaiming.
  SteadyTime give_up = SteadyTime::Infinite();
  // When the last silent station's lease has run out.
  SteadyTime fence_until = SteadyTime::Infinite();
  // The attachment of the station that the order went over.
  uint64_t ordered_on = 0;

  std::map<std::string, Abandoned> abandoned;
  // Stations that had the duty before and have not been shown to have stopped it.
  std::set<std::string> may_run;
  // It was claimed for, but the claim moved on before it was told.
  std::string never_told;
  // The vault knows that it waits.
  bool waiting_recorded = false;
  // The drill that asked for it; 0: nobody waits for an answer.
  uint64_t drill = 0;
};

// A changed document on its way to the station that runs the duty.
struct DocumentUpdate {
  // As last ordered; 0: nothing was.
  uint64_t revision = 0;
  std::string station_id;
  // The attachment of the station that the order went over.
  uint64_t ordered_on = 0;
  // Whether the station has not answered yet.
  bool under_way = false;
  // Until then the station may answer, or is left alone.
  SteadyTime until = SteadyTime::Infinite();
  uint32_t failures = 0;
  // Why the last order failed; for people.
  std::string problem;
};

// A duty, its document and what is being done about it.
struct DutyState {
  enum class Write { kNone, kClaim, kConfirm, kRecord };

  // As the vault acknowledged it.
  Duty duty;
  std::optional<ActiveFailover> failover;

  DocumentUpdate update;

  // Runs, and the vault is to be told.
  bool confirm = false;
  // The failover that made it run, if one did.
  std::optional<FailoverRecord> confirm_failover;
  uint64_t confirm_drill = 0;

  // At most one write of a duty is on its way, so that writes cannot overtake each other.
  Write writing = Write::kNone;
  uint64_t token = 0;
  uint32_t failed_writes = 0;
  SteadyTime retry_at;
  // The vault refused a write, or its outcome is unknown: nothing is decided before a look at it.
  bool needs_reload = false;
  // The newest load of the registry that had begun when it was last written.
  uint64_t written_in_load = 0;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_ACTIVE_FAILOVER_H_
