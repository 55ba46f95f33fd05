#include "tests/simulation/sim_station.h"

#include <algorithm>
#include <any>
#include <cstring>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "services/station_agent/station_role.h"
#include "tests/simulation/sim_orchestrator.h"

namespace understudy::simulation {

namespace fo = failover_orchestrator;
namespace sa = station_agent;
namespace act = station_agent::duty_action;

namespace {

Sha256 ToSha(const std::string& bytes) {
  Sha256 sha = {};
  std::memcpy(sha.data(), bytes.data(), std::min(bytes.size(), sha.size()));
  return sha;
}
std::string FromSha(const Sha256& sha) { return std::string(sha.begin(), sha.end()); }

fo::StationKind ToKind(sa::StationKind kind) {
  return kind == sa::StationKind::kDeployment ? fo::StationKind::kDeployment
                                              : fo::StationKind::kBackup;
}

}  // namespace

SimStation::SimStation(SimWorld& world, SimNode& node, StationSetup& setup,
                       std::vector<ControlNode> nodes, AssignedTo assigned_to)
    : world_(world),
      node_(node),
      setup_(setup),
      seeker_(std::move(nodes), &ControlNode::membership,
              {.initial = absl::Milliseconds(50), .maximum = absl::Milliseconds(200)}),
      assigned_to_(std::move(assigned_to)),
      core_(sa::DutyCoreOptions(), node.random()) {
  LoadRole();
  node_.Listen("beat-answer", [this](const std::string&, const SimMessage& message) {
    OnBeatAnswer(std::any_cast<const SimMembership::Beat&>(message.body));
  });
  core_.OnNativeAttached(node_.clock().SteadyNow());
  Carry();
  Join();
}

void SimStation::LoadRole() {
  sa::StationRole role;
  const absl::StatusOr<std::string> saved = node_.disk().Read("role");
  if (saved.ok()) {
    role = *sa::DecodeRole(*saved);
  } else if (setup_.duty.has_value()) {
    role.kind = sa::StationKind::kDeployment;
    sa::DutyOrder& duty = role.duty.emplace();
    duty.duty_id = setup_.duty->id;
    duty.document = "duties/" + duty.duty_id;
    duty.strict_fencing = setup_.duty->fencing == fo::Fencing::kStrict;
  }
  std::vector<sa::KeptDocument> kept;
  for (const auto& [duty_id, document] : setup_.kept) kept.push_back(document);
  core_.Start(std::move(role), kept, std::nullopt);
}

void SimStation::After(absl::Duration delay, std::function<void()> task) {
  node_.executor().RunAt(node_.clock().SteadyNow() + delay, std::move(task));
}

void SimStation::JoinAfter(absl::Duration pause) {
  session_ = nullptr;
  session_id_ = 0;
  After(pause, [this, join = ++join_] {
    if (join == join_) Join();
  });
}

void SimStation::LeaveSession() {
  if (session_ != nullptr) session_->Close();
  JoinAfter(seeker_.OnNoRoot(node_.random()));
}

void SimStation::Join() {
  session_id_ = 0;
  session_ = world_.streams().Connect(node_, seeker_.address(), "session");
  // What still comes of a session that was left counts no more.
  const SimStream* const raw = session_.get();
  session_->SetHandlers(
      [this, raw](const SimMessage& message) {
        if (session_.get() == raw) OnSession(message);
      },
      [this, raw] {
        if (session_.get() == raw) JoinAfter(seeker_.OnNoRoot(node_.random()));
      });
  fo::Member member;
  member.station_id = setup_.id;
  member.kind = ToKind(core_.role().kind);
  member.capabilities = setup_.capabilities;
  member.has_faults = setup_.has_fault;
  if (core_.role().duty.has_value()) {
    member.duty_id = core_.role().duty->duty_id;
    if (setup_.duty.has_value() && setup_.duty->id == member.duty_id) {
      member.declared_duty = setup_.duty;
    }
  }
  session_->Send({"join", SimMembership::Join{std::move(member)}});
}

void SimStation::OnSession(const SimMessage& message) {
  if (const auto* root = std::any_cast<RootRedirect>(&message.body)) {
    session_->Close();
    return JoinAfter(seeker_.OnNotRoot(*root, node_.random()));
  }
  OnWelcome(std::any_cast<const SimMembership::Welcome&>(message.body));
}

void SimStation::OnWelcome(const SimMembership::Welcome& welcome) {
  // Of a root that was deposed and does not know it.
  if (!seeker_.OnRoot(welcome.epoch)) return LeaveSession();
  session_id_ = welcome.session_id;
  sequence_ = 0;
  home_ = seeker_.current();
  last_answered_ = node_.clock().SteadyNow();
  BeatOn(session_id_);
  Report();
  if (orders_ != nullptr && orders_node_ != home_.orchestrator) {
    std::exchange(orders_, nullptr)->Close();
  }
  if (orders_ == nullptr) Attend();
}

void SimStation::BeatOn(uint64_t session_id) {
  if (session_id != session_id_ || session_id == 0) return;
  const SteadyTime now = node_.clock().SteadyNow();
  // By now the root has given us up, too: it is asked again after the others.
  if (seeker_.nodes().size() > 1 && now - last_answered_ > 2 * kSilence) return LeaveSession();
  const SimMembership::Beat beat{session_id, now, ++sequence_};
  world_.network().Send(node_, home_.membership, "beat", {"beat", beat});
  CheckLease();
  After(kBeatInterval, [this, session_id] { BeatOn(session_id); });
}

void SimStation::OnBeatAnswer(const SimMembership::Beat& beat) {
  if (beat.session_id != session_id_) return;
  if (beat.session_ended) return LeaveSession();
  last_answered_ = std::max(last_answered_, beat.sent);
  lease_until_ = std::max(lease_until_, beat.sent + kLease);
  CheckLease();
}

void SimStation::CheckLease() {
  const bool has_lease = node_.clock().SteadyNow() < lease_until_;
  if (has_lease != std::exchange(had_lease_, has_lease)) {
    // What ran under the lease has stopped with it, also when it is renewed right after.
    const bool ends = !has_lease && native_runs_.has_value() && native_runs_->strict_fencing;
    if (ends) native_runs_.reset();
    has_lease ? core_.OnLeaseRenewed() : core_.OnLeaseOver();
  } else if (has_lease && core_.phase() == sa::DutyCore::Phase::kSuspended && orders_ == nullptr) {
    core_.OnLeaseRenewed();
  }
  if (has_lease && !lease_watched_) {
    lease_watched_ = true;
    node_.executor().RunAt(lease_until_, [this] {
      lease_watched_ = false;
      CheckLease();
    });
  }
  Carry();
}

void SimStation::Report() {
  if (session_ == nullptr || session_id_ == 0) return;
  const auto& duty = core_.role().duty;
  session_->Send(
      {"report", SimMembership::Report{ToKind(core_.role().kind),
                                       duty.has_value() ? duty->duty_id : "", setup_.has_fault}});
}

void SimStation::Attend() {
  orders_node_ = home_.orchestrator;
  orders_ = world_.streams().Connect(node_, orders_node_, "orders");
  orders_->SetHandlers(
      [this](const SimMessage& message) { OnOrder(message); },
      [this] {
        orders_ = nullptr;
        After(node_.random().Between(absl::Milliseconds(20), absl::Milliseconds(100)), [this] {
          if (orders_ == nullptr) Attend();
        });
      });
  HelloReply hello{setup_.id, {}};
  if (const auto holding = core_.Holding()) {
    hello.greeting.holding_duty = holding->duty_id;
    if (holding->sha256.has_value()) hello.greeting.holding_sha256 = FromSha(*holding->sha256);
  }
  for (const auto& [duty_id, document] : core_.kept()) {
    hello.greeting.staged[duty_id] = {document.revision, FromSha(document.sha256)};
  }
  orders_->Send({"hello", std::move(hello)});
}

void SimStation::OnOrder(const SimMessage& message) {
  CheckLease();
  if (const auto* activate = std::any_cast<fo::SendActivate>(&message.body)) {
    OnDutyOrder(activate->order, true);
  } else if (const auto* hold = std::any_cast<fo::SendHold>(&message.body)) {
    OnDutyOrder(hold->order, false);
  } else if (const auto* down = std::any_cast<fo::SendStandDown>(&message.body)) {
    core_.OnStandDown(down->duty_id, {down->epoch, down->assignment_number});
  } else if (const auto* stage = std::any_cast<fo::SendStage>(&message.body)) {
    core_.OnStage({stage->duty_id, stage->document, stage->document_revision,
                   ToSha(stage->document_sha256), 0});
  } else if (const auto* unstage = std::any_cast<fo::SendUnstage>(&message.body)) {
    core_.OnUnstage(unstage->duty_id);
  }
  Carry();
}

void SimStation::OnDutyOrder(const fo::DutyOrder& order, bool activate) {
  if (assigned_to_(order.duty_id, order.assignment_number) != setup_.id) {
    violation_ = absl::StrCat(setup_.id, " was ordered to run ", order.duty_id, "#",
                              order.assignment_number, ", which it was never assigned");
  }
  const sa::DutyOrder decoded{
      order.duty_id,
      {order.epoch, order.assignment_number},
      order.document,
      order.document_revision,
      order.document_sha256.empty() ? std::optional<Sha256>() : ToSha(order.document_sha256),
      order.strict_fencing};
  const SteadyTime now = node_.clock().SteadyNow();
  activate ? core_.OnActivate(now, decoded) : core_.OnHold(now, decoded);
}

std::optional<fo::DutyOrder> SimStation::Runs() const {
  if (!native_runs_.has_value()) return std::nullopt;
  const bool lease_over = node_.clock().SteadyNow() >= lease_until_;
  if (native_runs_->strict_fencing && lease_over) return std::nullopt;
  return native_runs_;
}

// Does what the core wants, and comes back when its time has come.
void SimStation::Carry() {
  for (auto actions = core_.TakeActions(); !actions.empty(); actions = core_.TakeActions()) {
    for (const sa::DutyAction& action : actions) {
      std::visit([this](const auto& what) { Do(what); }, action);
    }
  }
  const SteadyTime next = core_.NextAt();
  if (next.is_infinite() || next == timer_at_) return;
  timer_at_ = next;
  node_.executor().RunAt(next, [this, next] {
    if (timer_at_ == next) timer_at_ = SteadyTime::Infinite();
    core_.OnTime(node_.clock().SteadyNow());
    Carry();
  });
}

void SimStation::Do(const act::SaveRole& action) {
  SimDisk& disk = node_.disk();
  const bool saved = disk.Write("role.new", sa::EncodeRole(core_.role())).ok() &&
                     disk.Sync("role.new").ok() && disk.Rename("role.new", "role").ok() &&
                     disk.SyncDirectory().ok();
  if (saved) core_.OnRoleSaved(action.version);
}

void SimStation::Do(const act::Fetch& action) {
  After(node_.random().Between(absl::Milliseconds(1), absl::Milliseconds(20)),
        [this, wanted = action.wanted] {
          const bool fails = node_.random().Chance(0.05) || !core_.Takes(wanted);
          if (!fails) setup_.kept[wanted.duty_id] = wanted;
          core_.OnFetched(node_.clock().SteadyNow(), wanted, fails ? "the vault is away" : "");
          Carry();
        });
}

void SimStation::Do(const act::Drop& action) { setup_.kept.erase(action.duty_id); }

void SimStation::Do(const act::Restore& action) {
  setup_.kept[action.duty_id] = core_.kept().at(action.duty_id);
}

void SimStation::Do(const act::GiveToNative& action) {
  native_order_ = action.order;
  sa::NativeState state{sa::NativeState::Kind::kRunning, action.order, {}, ""};
  const auto kept = core_.kept().find(action.duty_id);
  if (kept != core_.kept().end()) state.sha256 = kept->second.sha256;
  if (node_.random().Chance(0.02)) {
    state.kind = sa::NativeState::Kind::kRefused;
    state.reason = "it does not like it";
  }
  NativeAnswers(std::move(state));
}

void SimStation::Do(const act::StopNative& action) {
  native_order_ = action.order;
  NativeAnswers({sa::NativeState::Kind::kIdle, action.order, {}, ""});
}

void SimStation::NativeAnswers(sa::NativeState state) {
  After(node_.random().Between(absl::Milliseconds(1), absl::Milliseconds(30)), [this, state] {
    if (state.order != native_order_) return;
    native_runs_.reset();
    const auto& duty = core_.role().duty;
    if (state.kind == sa::NativeState::Kind::kRunning && duty.has_value()) {
      native_runs_ = fo::DutyOrder();
      native_runs_->duty_id = duty->duty_id;
      native_runs_->assignment_number = duty->mark.number;
      native_runs_->strict_fencing = duty->strict_fencing;
      native_runs_->document_sha256 = FromSha(state.sha256);
    }
    core_.OnNativeState(node_.clock().SteadyNow(), state);
    Carry();
  });
}

void SimStation::Do(const act::TellRole&) { Report(); }

void SimStation::Do(const act::AttachAgain&) {
  if (orders_ == nullptr) return;
  orders_->Close();
  orders_ = nullptr;
  After(absl::Milliseconds(1), [this] {
    if (orders_ == nullptr) Attend();
  });
}

template <typename Reply>
void SimStation::SendReply(const char* kind, Reply reply) {
  if (orders_ != nullptr) orders_->Send({kind, std::move(reply)});
}

void SimStation::Do(const act::ReplyStaged& action) {
  SendReply("staged", StagedReply{action.duty_id,
                                  {action.revision,
                                   action.sha256.has_value() ? FromSha(*action.sha256) : ""}});
}
void SimStation::Do(const act::ReplyAccepted& action) {
  SendReply("accepted", AcceptedReply{action.order.duty_id, action.order.mark.number});
}
void SimStation::Do(const act::ReplyRunning& action) {
  SendReply("running", RunningReply{action.order.duty_id, action.order.mark.number,
                                    action.order.revision, FromSha(action.sha256)});
}
void SimStation::Do(const act::ReplyRefused& action) {
  SendReply("refused", RefusedReply{action.duty_id, action.number, action.reason});
}
void SimStation::Do(const act::ReplyStoodDown& action) {
  SendReply("stood_down", StoodDownReply{action.duty_id, action.number});
}

}  // namespace understudy::simulation
