#include "services/station_agent/agent.h"

#include <grp.h>

#include <utility>

#include "absl/synchronization/notification.h"
#include "common/document/identifiers.h"
#include "common/status/status.h"
#include "services/station_agent/agent_inboxes.h"
#include "services/station_agent/atomic_file.h"

namespace understudy::station_agent {
namespace {

constexpr absl::Duration kReportEvery = absl::Seconds(10);
// Changes that come faster than this share a report.
constexpr absl::Duration kReportSpacing = absl::Milliseconds(50);
// How long a station that leaves waits for a spare to run its duty.
constexpr absl::Duration kHandOver = absl::Seconds(10);
constexpr absl::Duration kLastWord = absl::Milliseconds(300);
constexpr size_t kMaxRoleBytes = size_t{1} << 20;

std::string RolePath(const Config& config) { return config.state_directory + "/role.json"; }
std::string DocumentsPath(const Config& config) { return config.state_directory + "/documents"; }

absl::StatusOr<std::optional<gid_t>> FindGroup(const std::optional<std::string>& name) {
  if (!name.has_value()) return std::optional<gid_t>();
  const group* found = getgrnam(name->c_str());
  if (found == nullptr) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NO_SUCH_GROUP",
                     "link.group: there is no group " + *name);
  }
  return std::optional<gid_t>(found->gr_gid);
}

}  // namespace

Agent::Agent(const Config& config, Parts parts)
    : config_(config), parts_(std::move(parts)), store_(DocumentsPath(config)) {}

Agent::~Agent() = default;

absl::StatusOr<std::unique_ptr<Agent>> Agent::Start(const Config& config, Parts parts) {
  std::unique_ptr<Agent> agent(new Agent(config, std::move(parts)));
  UNDERSTUDY_RETURN_IF_ERROR(agent->Open());
  return agent;
}

absl::Status Agent::Open() {
  UNDERSTUDY_RETURN_IF_ERROR(MakeDirectories(config_.state_directory));
  UNDERSTUDY_ASSIGN_OR_RETURN(StationRole role, LoadRole());
  UNDERSTUDY_ASSIGN_OR_RETURN(StagedDocuments::Loaded loaded, store_.Load());
  for (const std::string& problem : loaded.problems) {
    parts_.metrics.documents_damaged.Add();
    log_.Warn("a kept document was damaged and is dropped: {}", problem);
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<gid_t> group, FindGroup(config_.link_group));
  link_inbox_ = std::make_unique<LinkInbox>(*this);
  UNDERSTUDY_ASSIGN_OR_RETURN(
      link_, AgentLink::Open({config_.link_name, group, &parts_.runtime}, *link_inbox_));
  MakeParts();
  parts_.executor->Post(
      [this, role = std::move(role), documents = std::move(loaded.documents)]() mutable {
        Begin(std::move(role), std::move(documents));
      });
  return absl::OkStatus();
}

void Agent::MakeParts() {
  beat_inbox_ = std::make_unique<BeatInbox>(*this);
  beats_ = std::make_unique<BeatSender>(parts_.clock, *beat_inbox_);
  duty_ = std::make_unique<DutyRunner>(
      DutyRunner::Parts{parts_.clock, parts_.random, parts_.executor, parts_.disk, parts_.vault,
                        store_, *link_, parts_.metrics, RolePath(config_), config_.station_id},
      config_.duty_core, config_.sync,
      DutyRunner::Outlets{[this](const DutyAction& action) { orders_->Reply(action); },
                          [this](const SyncReply& reply) { orders_->Say(reply); },
                          [this] { orders_->Attach(); }, [this] { OnRoleChanged(); }});
  watch_ =
      std::make_unique<SelfWatch>(SelfWatch::Parts{parts_.clock, parts_.executor, parts_.runtime,
                                                   *link_, parts_.metrics, config_.state_directory},
                                  config_.limits, config_.sample_interval, [this] { OnChanged(); });
  devices_ = std::make_unique<DeviceWatch>(
      parts_.clock, parts_.runtime, config_.devices, [this](const std::string& id, bool alive) {
        parts_.executor->Post([this, id, alive] { watch_->OnDevice(id, alive); });
      });
  membership_ = parts_.make_membership(*this);
  orders_ = parts_.make_orders(*this);
}

void Agent::Begin(StationRole role, std::vector<PackedDocument> documents) {
  log_.Info("station {} is a {} station{}", config_.station_id,
            role.kind == StationKind::kDeployment ? "deployment" : "backup",
            role.duty.has_value() ? " and holds " + role.duty->duty_id : "");
  // Under strict fencing a native process may run on under the lease of an earlier agent, but not
  // without any.
  const bool strict = role.duty.has_value() && role.duty->strict_fencing;
  if (!strict) {
    link_->SetLease(SteadyTime::Infinite());
  } else if (link_->Lease().is_infinite()) {
    link_->SetLease(parts_.clock.SteadyNow());
  }
  watch_->SetHoldsDuty(role.duty.has_value());
  duty_->Start(std::move(role), std::move(documents));
  link_->Start();
  watch_->Start();
  for (const WatchedDevice& device : config_.devices) watch_->ExpectDevice(device.id, device.type);
  devices_->Start();
  membership_->Start();
  ReportAndAgain();
}

StationRole Agent::RoleOfConfig() const {
  StationRole role;
  role.kind = config_.kind;
  if (config_.duty.has_value()) {
    role.duty = DutyOrder{config_.duty->id,
                          {},
                          DutyDocumentName(config_.duty->id),
                          0,
                          std::nullopt,
                          config_.duty->strict_fencing};
  }
  return role;
}

absl::StatusOr<StationRole> Agent::LoadRole() {
  const std::string path = RolePath(config_);
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                              ReadWholeFile(path, kMaxRoleBytes));
  if (!bytes.has_value()) return RoleOfConfig();
  absl::StatusOr<StationRole> role = DecodeRole(*bytes);
  if (!role.ok()) {
    // Guessing could run a duty twice: a person must look.
    return WithContext(role.status(), path + " (delete it to begin anew from the configuration)");
  }
  if (role->kind != config_.kind) {
    log_.Info("{} says that this station is a {} station, against the configuration", path,
              role->kind == StationKind::kBackup ? "backup" : "deployment");
  }
  return role;
}

// Membership --------------------------------------------------------------------------------------

JoinAnnouncement Agent::MakeAnnouncement() {
  const StationRole& role = duty_->core().role();
  JoinAnnouncement announcement;
  announcement.station_id = config_.station_id;
  announcement.kind = role.kind;
  announcement.capabilities = config_.capabilities;
  announcement.agent_version = kAgentVersion;
  announcement.addresses = config_.addresses;
  // Only while the station still carries what it declares.
  if (config_.duty.has_value() && role.kind == StationKind::kDeployment && role.duty.has_value() &&
      role.duty->duty_id == config_.duty->id) {
    announcement.declared_duty = config_.duty;
  }
  return announcement;
}

void Agent::OnJoined(const JoinedSession& session) {
  join_failing_ = false;
  parts_.metrics.joins.Add();
  log_.Info("joined (session {:x}, epoch {}); beats every {} to {}:{}", session.id, session.epoch,
            absl::FormatDuration(session.beat_interval), session.beat_host, session.beat_port);
  duty_->OnEpoch(session.epoch);
  lease_.OnSession(session.sent_at, session.lease);
  root_patience_ = session.beat_interval * static_cast<int64_t>(session.missed_beats_limit);
  NoteWhetherLeaseCounts();
  const absl::Status status =
      beats_->SetSession({session.id, session.key, session.beat_host, session.beat_port,
                          session.beat_interval, session.missed_beats_limit});
  if (!status.ok()) log_.Error("beats can only go over the stream: {}", DescribeError(status));
  beats_->SetHealth(watch_->health_bits());
  OnLeaseGrew();
  orders_->Attach();
}

void Agent::OnJoinFailed(const absl::Status& why) {
  parts_.metrics.joins_failed.Add();
  if (!std::exchange(join_failing_, true)) {
    log_.Warn("cannot join, will try again: {}", DescribeError(why));
  }
}

void Agent::OnSessionOver(const absl::Status& why) {
  parts_.metrics.sessions_over.Add();
  log_.Warn("the session is over, joining again: {}", DescribeError(why));
  beats_->ClearSession();
}

void Agent::OnConversing() { Report(); }

void Agent::OnStreamBeatAnswered(uint64_t sequence) {
  const std::optional<SteadyTime> sent_at = lease_.SentAt(sequence);
  if (sent_at.has_value()) OnBeatAnswered(*sent_at);
}

// Beats and the lease -----------------------------------------------------------------------------

void Agent::OnBeatAnswered(SteadyTime sent_at) {
  lease_.OnAnswered(sent_at);
  OnLeaseGrew();
}

void Agent::OnLeaseGrew() {
  const bool counts = duty_->core().strict();
  if (counts) ShowLease();
  if (lease_.IsOver(parts_.clock.SteadyNow())) return;
  if (std::exchange(lease_was_over_, false)) duty_->OnLeaseRenewed();
  if (counts && lease_timer_ == 0) CheckLease();
}

// A backup station's lease is looked at only when it matters: before an order.
void Agent::NoteLease() {
  if (lease_.IsOver(parts_.clock.SteadyNow())) {
    lease_was_over_ = true;
    duty_->OnLeaseOver();
  } else if (std::exchange(lease_was_over_, false)) {
    duty_->OnLeaseRenewed();
  }
}

void Agent::CatchUpWithAnswers() {
  const SteadyTime sent_at = SteadyTime::FromNanoseconds(last_answered_ns_.load());
  if (sent_at > lease_.last_answered()) lease_.OnAnswered(sent_at);
}

void Agent::NoteWhetherLeaseCounts() {
  const bool counts = duty_->core().strict();
  keeps_lease_.store(counts);
  beats_->SetPrompt(counts);
}

void Agent::ShowLease() {
  NoteWhetherLeaseCounts();
  link_->SetLease(duty_->core().strict() ? lease_.until() : SteadyTime::Infinite());
}

void Agent::CheckLease() {
  if (lease_timer_ != 0) parts_.executor->Cancel(std::exchange(lease_timer_, 0));
  if (!duty_->core().strict()) return;
  if (lease_.IsOver(parts_.clock.SteadyNow())) {
    lease_was_over_ = true;
    duty_->OnLeaseOver();
    return;
  }
  lease_timer_ = parts_.executor->RunAt(lease_.until(), [this] {
    lease_timer_ = 0;
    CheckLease();
  });
}

void Agent::OnBeatsUnanswered(uint64_t session_id) {
  if (membership_->session_id() != session_id) return;
  CatchUpWithAnswers();
  if (parts_.clock.SteadyNow() - lease_.last_answered() > root_patience_) {
    membership_->OnRootSilent();
  }
  if (!membership_->conversing()) return;
  const uint64_t sequence = beats_->NextSequence();
  lease_.OnStreamBeat(sequence, parts_.clock.SteadyNow());
  parts_.metrics.beats_sent_over_stream.Add();
  membership_->SendBeat(sequence, watch_->health_bits());
}

void Agent::OnStoodStill(absl::Duration gap) {
  parts_.metrics.standstills.Add();
  CheckLease();
  log_.Warn("this process stood still for {}", absl::FormatDuration(gap));
}

// Orders ------------------------------------------------------------------------------------------

AttendHello Agent::MakeAttendHello() {
  const DutyCore& core = duty_->core();
  AttendHello hello;
  hello.station_id = config_.station_id;
  hello.session_id = membership_->session_id();
  hello.holding = core.Holding();
  hello.change_waits = duty_->change_waits();
  for (const auto& [duty_id, kept] : core.kept()) {
    const bool held = core.role().duty.has_value() && core.role().duty->duty_id == duty_id;
    if (!held && kept.revision != 0) hello.staged.push_back(kept);
  }
  return hello;
}

void Agent::OnAttached() {}

void Agent::OnDetached(const absl::Status& why) {
  if (why.code() == absl::StatusCode::kCancelled) return;
  log_.Info("the stream of orders ended: {}", DescribeError(why));
}

void Agent::OnOrder(SteadyTime arrived, StationOrder order) {
  CatchUpWithAnswers();
  NoteLease();
  // The native process must find the lease before it finds the document.
  const DutyOrder* begins = nullptr;
  if (const auto* activate = std::get_if<ActivateOrder>(&order)) begins = &activate->order;
  if (const auto* hold = std::get_if<HoldOrder>(&order)) begins = &hold->order;
  if (begins != nullptr) {
    link_->SetLease(begins->strict_fencing ? lease_.until() : SteadyTime::Infinite());
  }
  duty_->OnOrder(arrived, order);
  ShowLease();
  CheckLease();
}

void Agent::OnBadOrder(const absl::Status& why) {
  parts_.metrics.CountOrder("bad");
  log_.Warn("an order is refused: {}", DescribeError(why));
}

void Agent::OnRoleChanged() {
  watch_->SetHoldsDuty(duty_->core().role().duty.has_value());
  OnChanged();
  if (leaving_) FinishLeaving();
}

// The native process and reports ------------------------------------------------------------------

void Agent::OnNativeAttached(uint32_t pid) {
  log_.Info("the native process {} is attached", pid);
  watch_->OnNativeAttached();
  duty_->OnNativeAttached();
}

void Agent::OnNativeLost(uint32_t pid) {
  log_.Warn("the native process {} has ended", pid);
  // Membership first: every moment counts.
  watch_->OnNativeLost();
  duty_->OnNativeLost();
}

void Agent::OnLinkRemade() {
  log_.Warn("the link's files were gone or damaged: made anew");
  duty_->OnLinkRemade();
}

void Agent::OnChanged() {
  beats_->SetHealth(watch_->health_bits());
  if (parts_.clock.SteadyNow() - last_report_ >= kReportSpacing) {
    Report();
  } else if (report_timer_ == 0) {
    report_timer_ = parts_.executor->RunAt(last_report_ + kReportSpacing, [this] { Report(); });
  }
}

void Agent::Report() {
  if (report_timer_ != 0) parts_.executor->Cancel(std::exchange(report_timer_, 0));
  const StationRole& role = duty_->core().role();
  last_report_ = parts_.clock.SteadyNow();
  membership_->SendReport({role.kind, role.duty.has_value() ? role.duty->duty_id : "",
                           watch_->indicators(), watch_->faults(), watch_->children()});
}

void Agent::ReportAndAgain() {
  Report();
  parts_.executor->RunAt(parts_.clock.SteadyNow() + kReportEvery, [this] { ReportAndAgain(); });
}

// Calls from outside ------------------------------------------------------------------------------

void Agent::GetStatus(std::function<void(const AgentStatus&)> callback) {
  parts_.executor->Post([this, callback = std::move(callback)] { callback(MakeStatus()); });
}

AgentStatus Agent::MakeStatus() {
  CatchUpWithAnswers();
  const DutyCore& core = duty_->core();
  AgentStatus status;
  status.kind = core.role().kind;
  status.joined = membership_->session_id() != 0;
  status.orders_attached = orders_->attached();
  status.duty = core.role().duty;
  if (core.native_state().kind == NativeState::Kind::kRunning) {
    status.running_sha256 = core.native_state().sha256;
  }
  for (const auto& [duty_id, kept] : core.kept()) status.staged.push_back(kept);
  status.indicators = watch_->indicators();
  status.faults = watch_->faults();
  status.children = watch_->children();
  status.upload_pending = duty_->upload_pending();
  status.last_answer_age = parts_.clock.SteadyNow() - lease_.last_answered();
  return status;
}

void Agent::UploadNow(Uploader::OnAnswer callback) {
  parts_.executor->Post(
      [this, callback = std::move(callback)]() mutable { duty_->UploadNow(std::move(callback)); });
}

void Agent::Leave(const std::string& reason, absl::AnyInvocable<void(absl::Status)> callback) {
  parts_.executor->Post([this, reason, callback = std::move(callback)]() mutable {
    if (membership_->session_id() == 0) {
      callback(MakeError(absl::StatusCode::kFailedPrecondition, "NOT_JOINED",
                         "the station is not in the site"));
      return;
    }
    membership_->Leave(reason,
                       [this, callback = std::move(callback)](const absl::Status& status) mutable {
                         OnLeaveAnswered(status);
                         callback(status);
                       });
  });
}

// The duty runs on until a spare has it, unless that takes too long.
void Agent::OnLeaveAnswered(const absl::Status& status) {
  if (!status.ok()) return;
  log_.Info("left the site");
  leaving_ = true;
  beats_->ClearSession();
  if (!duty_->core().role().duty.has_value()) {
    FinishLeaving();
    return;
  }
  parts_.executor->RunAt(parts_.clock.SteadyNow() + kHandOver, [this] { duty_->Relinquish(); });
}

void Agent::FinishLeaving() {
  if (duty_->core().role().duty.has_value()) return;
  // Time for the last word to leave.
  parts_.executor->RunAt(parts_.clock.SteadyNow() + kLastWord, [this] { parts_.on_left(); });
}

void Agent::Quiet() {
  absl::Notification done;
  parts_.executor->Post([this, &done] {
    duty_->CatchUp();
    membership_->Stop();
    orders_->Detach();
    beats_->ClearSession();
    done.Notify();
  });
  done.WaitForNotification();
}

}  // namespace understudy::station_agent
