#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_TESTING_CORE_WORLD_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_TESTING_CORE_WORLD_H_

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common/random/random.h"
#include "services/failover_orchestrator/failover_core.h"

namespace understudy::failover_orchestrator {

// A FailoverCore with a vault that obeys and stations that do what the test says. Every action is
// written down as one line, e.g. "activate b1 gate#2 r7" or "claim gate#2 -> b1".
class CoreWorld {
 public:
  explicit CoreWorld(FailoverPolicy policy = {});

  // Acting, with an empty registry; the grace after the start has passed.
  void Start();
  // A new core, as after kill -9: it knows only what the vault knows.
  void RestartCore();

  // A deployment station with a duty of the same needs; joined, attached and holding, with a
  // document of revision 7.
  void AddDeployment(const std::string& station, const std::string& duty, const char* needs,
                     Fencing fencing = Fencing::kOverlap);
  void AddSpare(const std::string& station, const char* capabilities);
  void Attach(const std::string& station, const std::string& holding = "",
              const std::string& sha256 = "");
  // A new revision of the duty's document.
  void PutDocument(const std::string& duty, DocumentState document);
  void Detach(const std::string& station);

  void Crash(const std::string& station, absl::Duration silent_for = absl::Milliseconds(300));
  void SelfReport(const std::string& station);
  void Leave(const std::string& station);
  // Alive again, in a new session, as its kind and duty were.
  void Return(const std::string& station);
  // Its report after it stood down.
  void BecomeBackup(const std::string& station);
  void Change(ChangeReason reason, const Member& member);

  void Accept(const std::string& station, const std::string& duty);
  // Says "running" with the content that it was ordered to run.
  void Run(const std::string& station, const std::string& duty);
  void Refuse(const std::string& station, const std::string& duty, const std::string& reason);
  void StandDown(const std::string& station, const std::string& duty);
  // Accept and Run.
  void TakeOver(const std::string& station, const std::string& duty);

  // This control node becomes a sentinel; what the others write meanwhile is in the vault when it
  // is root again.
  void LoseRole();
  void OthersRecord(const FailoverRecord& record) { vault_failovers_[record.id] = record; }
  void BecomeRootAgain();

  void Suspect(const std::string& station, absl::Duration next_look);
  void Advance(absl::Duration duration);
  // Lets the core decide, and does what it wants until it wants nothing more.
  void Settle();
  // The lines since the last call, without staging.
  std::vector<std::string> TakeLines();

  Assignment AssignmentOf(const std::string& duty) { return vault_duties_.at(duty).assignment; }
  FailoverRecord FailoverOf(const std::string& id) { return vault_failovers_.at(id); }
  Member& member(const std::string& station) { return members_.at(station); }
  FailoverCore& core() { return *core_; }
  Instant now() const { return now_; }
  const std::vector<std::string>& staged_lines() const { return staged_lines_; }

  // While false, writes stay unanswered until it is true again and Settle is called.
  bool vault_answers = true;
  // The next writes are answered with these instead of being done.
  std::deque<WriteResult> next_results;
  // Lost answers: the next write is done, but answered with kUnavailable.
  int lose_answers = 0;
  std::map<uint64_t, absl::StatusOr<FailoverRecord>> drill_answers;

 private:
  void Do(const Action& action);
  void Write(uint64_t token, const Action& action);
  WriteResult Apply(const Action& action);
  WriteResult ApplyClaim(const ClaimDuty& claim);
  void Load();
  void Line(std::string text) { lines_.push_back(std::move(text)); }

  const FailoverPolicy policy_;
  Random random_{1};
  std::unique_ptr<FailoverCore> core_;
  Instant now_{SteadyTime::FromNanoseconds(1'000'000'000'000),
               absl::FromUnixSeconds(1'700'000'000)};
  std::map<std::string, Duty> vault_duties_;
  std::map<std::string, FailoverRecord> vault_failovers_;
  std::map<std::string, DocumentState> documents_;
  std::map<std::string, Member> members_;
  std::map<std::string, DutyOrder> orders_;
  std::map<std::string, uint64_t> stand_downs_;
  std::deque<Action> unanswered_;
  std::vector<std::string> lines_;
  std::vector<std::string> staged_lines_;
  uint64_t sessions_ = 0;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_TESTING_CORE_WORLD_H_
