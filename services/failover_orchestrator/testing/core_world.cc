#include "services/failover_orchestrator/testing/core_world.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace understudy::failover_orchestrator {
namespace {

const char* StateName(FailoverState state) {
  switch (state) {
    case FailoverState::kWaiting:
      return "waiting";
    case FailoverState::kClaimed:
      return "claimed";
    case FailoverState::kDone:
      return "done";
    case FailoverState::kCancelled:
      return "cancelled";
    case FailoverState::kUnspecified:
      return "unspecified";
  }
  return "?";
}

std::string Describe(const DutyOrder& order) {
  return absl::StrCat(order.duty_id, "#", order.assignment_number, " r", order.document_revision);
}

}  // namespace

CoreWorld::CoreWorld(FailoverPolicy policy) : policy_(policy) {
  core_ = std::make_unique<FailoverCore>(policy_, random_);
}

void CoreWorld::Start() {
  core_->OnDocumentsSynced(now_);
  core_->OnMembershipSnapshot({}, now_);
  core_->OnRole(1, now_);
  Settle();
  Advance(policy_.attach_grace);
  TakeLines();
}

void CoreWorld::LoseRole() {
  core_->OnRole(std::nullopt, now_);
  core_->OnMembershipLost(now_);
  Settle();
}

void CoreWorld::BecomeRootAgain() {
  std::vector<Member> members;
  for (const auto& [id, member] : members_) members.push_back(member);
  core_->OnRole(3, now_);
  core_->OnMembershipSnapshot(members, now_);
  TakeLines();
  Settle();
}

void CoreWorld::RestartCore() {
  core_ = std::make_unique<FailoverCore>(policy_, random_);
  unanswered_.clear();
  for (const auto& [duty, document] : documents_) core_->OnDocument(duty, document, now_);
  core_->OnDocumentsSynced(now_);
  std::vector<Member> members;
  for (const auto& [id, member] : members_) members.push_back(member);
  core_->OnMembershipSnapshot(members, now_);
  core_->OnRole(2, now_);
  TakeLines();
  Settle();
}

void CoreWorld::AddDeployment(const std::string& station, const std::string& duty,
                              const char* needs, Fencing fencing) {
  Member& member = members_[station];
  member.station_id = station;
  member.kind = StationKind::kDeployment;
  member.state = MemberState::kAlive;
  member.capabilities = *ParseCapabilitySet(needs);
  member.declared_duty = DutyDeclaration{duty, member.capabilities, fencing};
  member.duty_id = duty;
  member.session_id = ++sessions_;
  member.lease = absl::Seconds(1);
  documents_[duty] = DocumentState{7, "sha-of-" + duty};
  core_->OnDocument(duty, documents_[duty], now_);
  Change(ChangeReason::kJoined, member);
  Attach(station, duty);
}

void CoreWorld::AddSpare(const std::string& station, const char* capabilities) {
  Member& member = members_[station];
  member.station_id = station;
  member.kind = StationKind::kBackup;
  member.state = MemberState::kAlive;
  member.capabilities = *ParseCapabilitySet(capabilities);
  member.session_id = ++sessions_;
  member.lease = absl::Seconds(1);
  Change(ChangeReason::kJoined, member);
  Attach(station);
}

void CoreWorld::Attach(const std::string& station, const std::string& holding,
                       const std::string& sha256) {
  core_->OnAttached(station, Greeting{holding, {}, sha256}, now_);
  Settle();
}

void CoreWorld::PutDocument(const std::string& duty, DocumentState document) {
  documents_[duty] = document;
  core_->OnDocument(duty, std::move(document), now_);
  Settle();
}

void CoreWorld::Detach(const std::string& station) {
  core_->OnDetached(station, now_);
  Settle();
}

void CoreWorld::Change(ChangeReason reason, const Member& member) {
  core_->OnMemberChanged(reason, member, now_);
  Settle();
}

void CoreWorld::Crash(const std::string& station, absl::Duration silent_for) {
  Member& member = members_.at(station);
  member.state = MemberState::kFailed;
  member.verdict = Verdict::kCrashed;
  member.evidence.silent_for = silent_for;
  member.verdict_at = now_.wall;
  core_->OnDetached(station, now_);
  Change(ChangeReason::kFailed, member);
}

void CoreWorld::SelfReport(const std::string& station) {
  Member& member = members_.at(station);
  member.state = MemberState::kFailed;
  member.verdict = Verdict::kSelfReported;
  member.evidence = Evidence();
  member.has_faults = true;
  member.verdict_at = now_.wall;
  Change(ChangeReason::kFailed, member);
}

void CoreWorld::Leave(const std::string& station) {
  members_.at(station).state = MemberState::kLeft;
  Change(ChangeReason::kLeft, members_.at(station));
}

void CoreWorld::Return(const std::string& station) {
  Member& member = members_.at(station);
  member.state = MemberState::kAlive;
  member.verdict = Verdict::kUnspecified;
  member.verdict_at.reset();
  member.has_faults = false;
  member.session_id = ++sessions_;
  Change(ChangeReason::kJoined, member);
  Attach(station, member.duty_id);
}

void CoreWorld::BecomeBackup(const std::string& station) {
  Member& member = members_.at(station);
  member.kind = StationKind::kBackup;
  member.duty_id.clear();
  member.declared_duty.reset();
  Change(ChangeReason::kReported, member);
}

void CoreWorld::Accept(const std::string& station, const std::string& duty) {
  core_->OnAccepted(station, duty, orders_.at(station).assignment_number, now_);
  Settle();
}

void CoreWorld::Run(const std::string& station, const std::string& duty) {
  const DutyOrder& order = orders_.at(station);
  core_->OnRunning(station, duty, order.assignment_number, order.document_revision,
                   order.document_sha256, now_);
  Settle();
}

void CoreWorld::Refuse(const std::string& station, const std::string& duty,
                       const std::string& reason) {
  core_->OnRefused(station, duty, orders_.at(station).assignment_number, reason, "told so", now_);
  Settle();
}

void CoreWorld::StandDown(const std::string& station, const std::string& duty) {
  core_->OnStoodDown(station, duty, stand_downs_.at(station), now_);
  Settle();
}

void CoreWorld::TakeOver(const std::string& station, const std::string& duty) {
  Accept(station, duty);
  Run(station, duty);
}

void CoreWorld::Suspect(const std::string& station, absl::Duration next_look) {
  core_->OnSuspected(station, next_look, now_);
  Settle();
}

void CoreWorld::Advance(absl::Duration duration) {
  const SteadyTime end = now_.steady + duration;
  while (true) {
    const SteadyTime next = std::min({core_->NextDeadline(), core_->NextBackgroundDeadline(), end});
    const absl::Duration step = std::max(next - now_.steady, absl::ZeroDuration());
    now_.steady = now_.steady + step;
    now_.wall += step;
    Settle();
    if (now_.steady >= end) return;
  }
}

void CoreWorld::Settle() {
  if (vault_answers) {
    for (const Action& action : std::exchange(unanswered_, {})) Do(action);
  }
  while (true) {
    std::vector<Action> actions = core_->Flush(now_);
    if (actions.empty()) {
      actions = core_->FlushBackground(now_);
      if (actions.empty() && !core_->HasBackgroundWork()) return;
    }
    for (const Action& action : actions) Do(action);
  }
}

std::vector<std::string> CoreWorld::TakeLines() { return std::exchange(lines_, {}); }

void CoreWorld::Do(const Action& action) {
  if (const auto* create = std::get_if<CreateDuty>(&action)) return Write(create->token, action);
  if (const auto* claim = std::get_if<ClaimDuty>(&action)) return Write(claim->token, action);
  if (const auto* rehearsal = std::get_if<RehearseClaim>(&action)) {
    return Line(absl::StrCat("rehearse ", rehearsal->assignment.duty_id, "#",
                             rehearsal->assignment.number, " -> ",
                             rehearsal->assignment.station_id));
  }
  if (const auto* confirm = std::get_if<ConfirmDuty>(&action)) return Write(confirm->token, action);
  if (const auto* record = std::get_if<RecordFailover>(&action)) {
    return Write(record->token, action);
  }
  if (std::get_if<LoadRegistry>(&action)) return Load();
  if (const auto* activate = std::get_if<SendActivate>(&action)) {
    orders_[activate->station_id] = activate->order;
    return Line(absl::StrCat("activate ", activate->station_id, " ", Describe(activate->order)));
  }
  if (const auto* hold = std::get_if<SendHold>(&action)) {
    orders_[hold->station_id] = hold->order;
    return Line(absl::StrCat("hold ", hold->station_id, " ", Describe(hold->order)));
  }
  if (const auto* down = std::get_if<SendStandDown>(&action)) {
    stand_downs_[down->station_id] = down->assignment_number;
    return Line(absl::StrCat("stand_down ", down->station_id, " ", down->duty_id, "#",
                             down->assignment_number));
  }
  if (const auto* stage = std::get_if<SendStage>(&action)) {
    staged_lines_.push_back(absl::StrCat("stage ", stage->station_id, " ", stage->duty_id, " r",
                                         stage->document_revision));
    core_->OnStaged(stage->station_id, stage->duty_id,
                    {stage->document_revision, stage->document_sha256}, "", now_);
    return;
  }
  if (const auto* unstage = std::get_if<SendUnstage>(&action)) {
    staged_lines_.push_back(absl::StrCat("unstage ", unstage->station_id, " ", unstage->duty_id));
    return;
  }
  if (const auto* changed = std::get_if<FailoverChanged>(&action)) {
    return Line(absl::StrCat(StateName(changed->failover.state), " ", changed->failover.id));
  }
  if (const auto* answer = std::get_if<AnswerDrill>(&action)) {
    drill_answers.insert_or_assign(answer->drill, answer->answer);
  }
}

void CoreWorld::Write(uint64_t token, const Action& action) {
  if (!vault_answers) {
    unanswered_.push_back(action);
    return;
  }
  if (!next_results.empty()) {
    const WriteResult result = next_results.front();
    next_results.pop_front();
    core_->OnWriteDone(token, result, now_);
    return;
  }
  WriteResult result = Apply(action);
  if (lose_answers > 0) {
    --lose_answers;
    result = {WriteCode::kUnavailable, "no answer", {}};
  }
  core_->OnWriteDone(token, result, now_);
}

WriteResult CoreWorld::Apply(const Action& action) {
  if (const auto* create = std::get_if<CreateDuty>(&action)) {
    if (vault_duties_.contains(create->duty.id)) return {WriteCode::kConflict, "exists", {}};
    Duty& duty = vault_duties_[create->duty.id] = create->duty;
    duty.assignment.number = 1;
    Line(absl::StrCat("create ", duty.id, " at ", duty.assignment.station_id));
    return {WriteCode::kOk, "", duty.assignment};
  }
  if (const auto* claim = std::get_if<ClaimDuty>(&action)) return ApplyClaim(*claim);
  if (const auto* confirm = std::get_if<ConfirmDuty>(&action)) {
    Assignment& assignment = vault_duties_.at(confirm->duty_id).assignment;
    if (assignment.number != confirm->assignment_number) {
      return {WriteCode::kConflict, "mismatch", {}};
    }
    assignment.running = true;
    if (confirm->failover.has_value()) {
      vault_failovers_[confirm->failover->id] = *confirm->failover;
    }
    return {WriteCode::kOk, "", assignment};
  }
  const auto& record = std::get<RecordFailover>(action);
  vault_failovers_[record.failover.id] = record.failover;
  return {};
}

WriteResult CoreWorld::ApplyClaim(const ClaimDuty& claim) {
  Assignment& assignment = vault_duties_.at(claim.assignment.duty_id).assignment;
  if (claim.assignment.number != assignment.number + 1) {
    return {WriteCode::kConflict, "mismatch", {}};
  }
  for (const auto& [id, duty] : vault_duties_) {
    const std::string& holder = duty.assignment.station_id;
    if (id != claim.assignment.duty_id && !holder.empty() &&
        holder == claim.assignment.station_id) {
      return {WriteCode::kConflict, "station busy", {}};
    }
  }
  assignment = claim.assignment;
  vault_failovers_[claim.failover.id] = claim.failover;
  Line(absl::StrCat("claim ", assignment.duty_id, "#", assignment.number, " -> ",
                    assignment.station_id.empty() ? "nobody" : assignment.station_id));
  return {WriteCode::kOk, "", assignment};
}

void CoreWorld::Load() {
  std::vector<Duty> duties;
  for (const auto& [id, duty] : vault_duties_) duties.push_back(duty);
  std::vector<FailoverRecord> unfinished;
  for (const auto& [id, record] : vault_failovers_) {
    const bool finished =
        record.state == FailoverState::kDone || record.state == FailoverState::kCancelled;
    if (!finished) unfinished.push_back(record);
  }
  core_->OnRegistryLoaded(std::move(duties), unfinished, now_);
}

}  // namespace understudy::failover_orchestrator
