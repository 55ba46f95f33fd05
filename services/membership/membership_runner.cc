#include "services/membership/membership_runner.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/control_nodes/root_redirect.h"
#include "common/status/status.h"

namespace understudy::membership {
namespace {

// A machine that is short of CPU would fill the log otherwise.
constexpr absl::Duration kStallLogEvery = absl::Seconds(10);

// When a whole site falls silent, writing tens of thousands of lines must not delay the rest.
constexpr size_t kMaxLoggedAtOnce = 20;

absl::Status VaultUnavailable(const absl::Status& cause) {
  return MakeError(
      absl::StatusCode::kUnavailable, "VAULT_UNAVAILABLE",
      absl::StrCat("the station's record could not be written: ", DescribeError(cause)));
}

const char* KindName(StationKind kind) {
  return kind == StationKind::kBackup ? "backup" : "deployment";
}

}  // namespace

MembershipRunner::MembershipRunner(const DetectorPolicy& policy, const CoreLimits& limits,
                                   Parts parts, MembershipListener& listener)
    : policy_(policy),
      limits_(limits),
      parts_(std::move(parts)),
      listener_(listener),
      writer_(RecordWriter::Options{}, parts_.executor, parts_.clock, parts_.random,
              parts_.registry,
              [this](const absl::Status& status) {
                (status.ok() ? parts_.metrics.vault_writes_ok : parts_.metrics.vault_writes_failed)
                    .Add();
              }),
      role_(parts_.executor, parts_.clock, parts_.random, parts_.registry,
            {.begin = [this](uint64_t epoch,
                             std::vector<StationRecord> records) { BeginReign(epoch, records); },
             .new_epoch = [this](uint64_t epoch) { SetEpoch(epoch); },
             .end = [this] { EndReign(); },
             .standing_by = [this] { listener_.OnStandingBy(); }}) {}

void MembershipRunner::Start() {
  role_.Start();
  ScheduleTick();
}

absl::Status MembershipRunner::NotRoot() const {
  return MakeNotRootError("this control node is not root", role_.root());
}

void MembershipRunner::BeginReign(uint64_t epoch, const std::vector<StationRecord>& records) {
  SetEpoch(epoch);
  do {
    incarnation_ = parts_.random.Next();
  } while (incarnation_ == 0);
  core_ = std::make_unique<MembershipCore>(policy_, limits_, parts_.sessions, parts_.heard);
  core_->Expect(records, Now());
  writer_.Reset(records);
  reigned_ = true;
  PublishMembers();
  listener_.OnReignBegan();
}

void MembershipRunner::SetEpoch(uint64_t epoch) {
  epoch_ = epoch;
  writer_.SetEpoch(epoch);
  parts_.metrics.epoch.Set(static_cast<double>(epoch));
}

void MembershipRunner::EndReign() {
  core_.reset();
  SetEpoch(0);
  writer_.Reset({});
  // Stations are told with their next beat, and look for the new root.
  parts_.sessions.EndAll();
  listener_.OnReignEnded();
}

absl::StatusOr<const MembershipCore*> MembershipRunner::core() const {
  if (core_ != nullptr) return core_.get();
  if (!role_.is_root() && (reigned_ || role_.is_sentinel())) return NotRoot();
  return MakeError(absl::StatusCode::kUnavailable, "VAULT_UNAVAILABLE",
                   "the stations on record have not been read from the vault yet");
}

void MembershipRunner::Join(StationRecord record, const std::string& credential, JoinDone done) {
  absl::Status status = core().status();
  if (status.ok()) status = parts_.admission.Admit(record.id, credential);
  if (status.ok()) status = core_->BeginJoin(record.id);
  if (!status.ok()) {
    parts_.metrics.joins_refused.Add();
    return done(status);
  }
  record.joined_at = Now().wall;
  writer_.Write(record, [this, incarnation = incarnation_, record,
                         done = std::move(done)](const absl::Status& written) mutable {
    FinishJoin(incarnation, record, written, done);
  });
}

void MembershipRunner::FinishJoin(uint64_t incarnation, const StationRecord& record,
                                  const absl::Status& written, JoinDone& done) {
  absl::StatusOr<Grant> grant = AdmitAndJoin(incarnation, record, written);
  (grant.ok() ? parts_.metrics.joins : parts_.metrics.joins_refused).Add();
  if (!grant.ok())
    log_.Warn("station {} cannot join: {}", record.id, DescribeError(grant.status()));
  Act();
  done(std::move(grant));
}

absl::StatusOr<MembershipRunner::Grant> MembershipRunner::AdmitAndJoin(
    uint64_t incarnation, const StationRecord& record, const absl::Status& written) {
  if (core_ == nullptr || incarnation != incarnation_) return NotRoot();
  if (!written.ok()) {
    core_->AbortJoin(record.id);
    return ErrorReason(written) == "STALE_EPOCH" ? NotRoot() : VaultUnavailable(written);
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const MembershipCore::Joined joined, core_->Join(record, Now()));
  return Grant{.session_id = joined.session_id, .key = joined.key, .epoch = epoch_};
}

absl::Status MembershipRunner::Leave(std::string_view station_id, uint64_t session_id,
                                     std::string_view reason) {
  UNDERSTUDY_RETURN_IF_ERROR(core().status());
  const absl::Status status = core_->Leave(station_id, session_id, Now());
  if (status.ok()) log_.Info("station {} leaves: {}", station_id, reason);
  Act();
  return status;
}

absl::Status MembershipRunner::OpenStream(std::string_view station_id, uint64_t session_id,
                                          std::string_view proof) {
  UNDERSTUDY_RETURN_IF_ERROR(core().status());
  return core_->OpenStream(station_id, session_id, proof, Now());
}

void MembershipRunner::CloseStream(uint64_t session_id) {
  if (core_ != nullptr) core_->CloseStream(session_id);
}

absl::StatusOr<BeatResult> MembershipRunner::StreamBeat(uint64_t session_id, uint64_t sequence,
                                                        uint16_t health) {
  UNDERSTUDY_RETURN_IF_ERROR(core().status());
  absl::StatusOr<BeatResult> result = core_->StreamBeat(session_id, sequence, health, Now());
  parts_.metrics.stream_beats.Add();
  Act();
  return result;
}

absl::Status MembershipRunner::Report(uint64_t session_id, StationReport report) {
  UNDERSTUDY_RETURN_IF_ERROR(core().status());
  const absl::Status status = core_->Report(session_id, std::move(report), Now());
  Act();
  return status;
}

void MembershipRunner::HealthChanged(const std::vector<Slot>& slots) {
  if (core_ == nullptr) return;
  for (const Slot slot : slots) core_->HealthChanged(slot, Now());
  Act();
}

void MembershipRunner::ScheduleTick() {
  parts_.executor.RunAt(clock().SteadyNow() + policy_.tick, [this] { Tick(); });
}

void MembershipRunner::Tick() {
  const Moment begin = Now();
  if (core_ != nullptr) {
    NoteTick(core_->Tick(parts_.observed(), begin));
    Act();
    parts_.metrics.tick.Observe(clock().SteadyNow() - begin.steady);
  }
  parts_.metrics.vault_writes_waiting.Set(static_cast<double>(writer_.waiting()));
  parts_.on_tick(begin.steady);
  ScheduleTick();
}

void MembershipRunner::NoteTick(const MembershipCore::TickResult& result) {
  for (const absl::Duration detection : result.detections) {
    parts_.metrics.detection.Observe(detection);
  }
  if (result.stall > absl::ZeroDuration()) {
    parts_.metrics.stalls.Add();
    parts_.metrics.stalled_seconds.Add(absl::ToDoubleSeconds(result.stall));
    unlogged_stalls_ += result.stall;
  }
  LogStalls();
  if (core_->storm_brake() == storm_) return;
  storm_ = core_->storm_brake();
  parts_.metrics.storm_brake.Set(storm_ ? 1 : 0);
  if (storm_) {
    log_.Warn("most of the site fell silent at once: no failure until confirmed");
  } else {
    log_.Info("the storm brake is released");
  }
}

void MembershipRunner::LogStalls() {
  const SteadyTime now = clock().SteadyNow();
  if (unlogged_stalls_ == absl::ZeroDuration() || now < next_stall_log_) return;
  log_.Warn("this process was absent for {} ms: all deadlines are extended by as much",
            absl::ToInt64Milliseconds(unlogged_stalls_));
  unlogged_stalls_ = absl::ZeroDuration();
  next_stall_log_ = now + kStallLogEvery;
}

void MembershipRunner::Act() {
  if (core_ == nullptr) return;
  const MembershipCore::Output output = core_->TakeOutput();
  // First of all: recovery begins when the watchers hear of it.
  for (const Event& event : output.events) listener_.OnEvent(incarnation_, event);
  for (const uint64_t session_id : output.ended_sessions) listener_.OnSessionEnded(session_id);
  for (const StationRecord& record : output.records) writer_.Sync(record);
  for (const std::string& id : output.forgotten) writer_.Forget(id);
  Note(output.events);
  if (!output.events.empty()) PublishMembers();
}

void MembershipRunner::Note(const std::vector<Event>& events) {
  size_t logged = 0;
  for (const Event& event : events) {
    parts_.metrics.events.Add();
    if (event.reason == ChangeReason::kFailed) {
      parts_.metrics.verdicts[static_cast<size_t>(event.member->verdict)].Add();
    }
    if (++logged <= kMaxLoggedAtOnce) Log(event);
  }
  if (logged > kMaxLoggedAtOnce) log_.Warn("and {} more changes", logged - kMaxLoggedAtOnce);
}

void MembershipRunner::Log(const Event& event) const {
  const Member& member = *event.member;
  switch (event.reason) {
    case ChangeReason::kJoined:
      return log_.Info("station {} joined as {}", member.id(), KindName(member.record.kind));
    case ChangeReason::kFailed:
      return log_.Warn("station {} failed: {}", member.id(), member.evidence.summary);
    case ChangeReason::kRecovered:
      return log_.Info("station {} recovered", member.id());
    case ChangeReason::kReported:
    case ChangeReason::kLeft:
    case ChangeReason::kSuspected:
    case ChangeReason::kUnspecified:
      return;
  }
}

void MembershipRunner::PublishMembers() {
  for (size_t state = 1; state < parts_.metrics.members.size(); ++state) {
    parts_.metrics.members[state].Set(
        static_cast<double>(core_->table().CountIn(static_cast<MemberState>(state))));
  }
}

}  // namespace understudy::membership
