#include "services/station_agent/duty_runner.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/document/compression.h"
#include "common/document/document_checker.h"
#include "common/document/identifiers.h"
#include "common/executor/give_way.h"
#include "common/status/status.h"
#include "services/station_agent/atomic_file.h"

namespace understudy::station_agent {
namespace {

namespace act = duty_action;

// Packed documents in memory and on disk, together. A duty's is about 3 KB.
constexpr size_t kMaxPackedBytes = size_t{64} << 20;
// Unpacked ones in memory, some 200 of the usual size.
constexpr size_t kMaxReadyBytes = size_t{4} << 20;
constexpr absl::Duration kSaveAgain = absl::Seconds(1);
// What may wait for the native process's answer waits so long.
constexpr absl::Duration kCatchUp = absl::Milliseconds(20);

DutyCore::NativeOrder ToCore(const AgentLink::Order& order) {
  return {order.number, order.kind == AgentLink::Order::Kind::kActivate};
}

NativeState ToCore(const NativeAnswer& answer) {
  NativeState state;
  switch (answer.state) {
    case NativeAnswer::State::kRunning:
      state.kind = NativeState::Kind::kRunning;
      break;
    case NativeAnswer::State::kRefused:
      state.kind = NativeState::Kind::kRefused;
      break;
    case NativeAnswer::State::kIdle:
      state.kind = NativeState::Kind::kIdle;
      break;
  }
  state.order = answer.order;
  state.sha256 = answer.sha256;
  state.reason = answer.reason;
  return state;
}

// Whether the packed bytes are what was wanted; then with their size.
absl::StatusOr<PackedDocument> CheckFetched(const KeptDocument& wanted, std::string packed) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string content, Unpack(packed));
  if (Sha256Of(content) != wanted.sha256) {
    return MakeError(absl::StatusCode::kDataLoss, "HASH_MISMATCH",
                     absl::StrCat(wanted.document, " revision ", wanted.revision,
                                  ": the vault's content is not what the order's hash says"));
  }
  PackedDocument document = {wanted, std::move(packed)};
  document.info.size = content.size();
  return document;
}

absl::Status Superseded() {
  return MakeError(absl::StatusCode::kAborted, "SUPERSEDED",
                   "this station has a newer configuration by now");
}

absl::StatusOr<PackedDocument> CheckConfiguration(const std::string& duty_id,
                                                  const std::string& name,
                                                  const std::string& content) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDocument(kJsonContentType, content));
  PackedDocument document;
  UNDERSTUDY_ASSIGN_OR_RETURN(document.packed, Pack(content));
  document.info = {duty_id, name, 0, Sha256Of(content), content.size()};
  return document;
}

}  // namespace

DutyRunner::DutyRunner(Parts parts, const DutyCoreOptions& options, const SyncOptions& sync,
                       Outlets outlets)
    : parts_(std::move(parts)),
      outlets_(std::move(outlets)),
      core_(options, parts_.random),
      uploader_(
          {parts_.clock, parts_.random, parts_.executor, parts_.vault, parts_.metrics}, sync,
          "station/" + parts_.station_id,
          {[this](const KeptDocument& document) { OnUploaded(document); }, [this] { Pump(); }}),
      ready_(kMaxReadyBytes),
      alarm_(*parts_.executor, [this] { OnTimer(); }),
      afterwards_(*parts_.executor, parts_.clock, kCatchUp) {}

void DutyRunner::Start(StationRole role, std::vector<PackedDocument> documents) {
  std::vector<KeptDocument> kept;
  for (PackedDocument& document : documents) {
    kept.push_back(document.info);
    packed_bytes_ += document.packed.size();
    // A change that an earlier agent could not upload any more.
    if (document.info.revision == 0 && role.duty.has_value() &&
        role.duty->duty_id == document.info.duty_id) {
      uploader_.OnChange(document, /*urgent=*/false);
    }
    MakeReady(document);
    documents_[document.info.duty_id] = std::move(document);
  }
  std::optional<DutyCore::NativeOrder> order;
  if (const auto current = parts_.link.CurrentOrder()) order = ToCore(*current);
  core_.Start(std::move(role), kept, order);
  Pump();
}

// Events ------------------------------------------------------------------------------------------

void DutyRunner::OnOrder(SteadyTime arrived, const StationOrder& order) {
  parts_.metrics.CountOrder(KindName(order));
  if (const auto* stage = std::get_if<StageOrder>(&order)) {
    core_.OnStage(stage->wanted);
  } else if (const auto* unstage = std::get_if<UnstageOrder>(&order)) {
    core_.OnUnstage(unstage->duty_id);
  } else if (const auto* activate = std::get_if<ActivateOrder>(&order)) {
    core_.OnActivate(arrived, activate->order);
  } else if (const auto* hold = std::get_if<HoldOrder>(&order)) {
    core_.OnHold(arrived, hold->order);
  } else if (const auto* stand_down = std::get_if<StandDownOrder>(&order)) {
    log_.Info("told to stand down from {}: {}", stand_down->duty_id, stand_down->reason);
    core_.OnStandDown(stand_down->duty_id, stand_down->mark);
  } else if (const auto* collect = std::get_if<CollectOrder>(&order)) {
    Collect(collect->duty_id);
  }
  Pump();
}

void DutyRunner::OnNativeAttached() {
  core_.OnNativeAttached(parts_.clock.SteadyNow());
  Pump();
}

void DutyRunner::OnNativeLost() {
  core_.OnNativeLost();
  Pump();
}

void DutyRunner::OnNativeAnswer(const NativeAnswer& answer) {
  core_.OnNativeState(parts_.clock.SteadyNow(), ToCore(answer));
  Pump();
}

void DutyRunner::OnLinkRemade() {
  core_.OnLinkRemade();
  Pump();
}

void DutyRunner::OnLeaseOver() {
  if (core_.phase() != DutyCore::Phase::kSuspended && core_.strict()) {
    log_.Warn("the lease of {} ran out: it is stopped", core_.role().duty->duty_id);
  }
  core_.OnLeaseOver();
  Pump();
}

void DutyRunner::OnLeaseRenewed() {
  core_.OnLeaseRenewed();
  Pump();
}

void DutyRunner::Relinquish() {
  if (!core_.role().duty.has_value()) return;
  const DutyOrder held = *core_.role().duty;
  core_.OnStandDown(held.duty_id, held.mark);
  Pump();
}

void DutyRunner::OnNativeConfiguration(NativeConfiguration configuration) {
  if (!core_.OwnsConfiguration(configuration.order)) return;
  const DutyOrder& duty = *core_.role().duty;
  parts_.disk->Post([this, order = configuration.order, duty_id = duty.duty_id,
                     name = duty.document, content = std::move(configuration.content)] {
    auto document = CheckConfiguration(duty_id, name, content);
    parts_.executor->Post([this, order, document = std::move(document)]() mutable {
      OnChecked(order, std::move(document));
    });
  });
}

void DutyRunner::OnChecked(uint64_t order, absl::StatusOr<PackedDocument> document) {
  if (!document.ok()) {
    parts_.metrics.configurations_invalid.Add();
    log_.Error("the native process's configuration is refused: {}",
               DescribeError(document.status()));
    return;
  }
  // The duty may have gone while we looked.
  if (!core_.OwnsConfiguration(order)) return;
  if (core_.role().duty->duty_id != document->info.duty_id) return;
  const auto found = documents_.find(document->info.duty_id);
  if (found != documents_.end() && found->second.info.sha256 == document->info.sha256) return;
  const bool first = found == documents_.end();
  log_.Info("{} changed: {} bytes", document->info.document, document->info.size);
  SaveDocument(*document);
  core_.OnConfigurationKept(document->info);
  uploader_.OnChange(*std::move(document), first);
  Pump();
}

void DutyRunner::UploadNow(Uploader::OnAnswer callback) {
  const auto& duty = core_.role().duty;
  if (!duty.has_value() || duty->mark.number == 0) {
    callback(
        MakeError(absl::StatusCode::kFailedPrecondition, "NO_DUTY", "the station holds no duty"));
    return;
  }
  const auto kept = core_.kept().find(duty->duty_id);
  if (!uploader_.pending() && kept == core_.kept().end()) {
    callback(MakeError(absl::StatusCode::kFailedPrecondition, "NO_DOCUMENT",
                       "the native process has published no configuration"));
    return;
  }
  if (uploader_.pending()) {
    uploader_.UploadNow(std::move(callback));
    Pump();
    return;
  }
  callback(kept->second);
}

void DutyRunner::Collect(const std::string& duty_id) {
  const auto& duty = core_.role().duty;
  if (!duty.has_value() || duty->duty_id != duty_id) {
    return outlets_.say(Collected{duty_id, 0, "this station does not hold the duty"});
  }
  UploadNow([this, duty_id](const absl::StatusOr<KeptDocument>& uploaded) {
    outlets_.say(uploaded.ok() ? Collected{duty_id, uploaded->revision, ""}
                               : Collected{duty_id, 0, DescribeError(uploaded.status())});
  });
}

void DutyRunner::TellChange() {
  const bool waits = uploader_.WaitsForCollection();
  if (waits && !told_change_) outlets_.say(ChangeWaits{core_.role().duty->duty_id});
  told_change_ = waits;
}

void DutyRunner::OnUploaded(const KeptDocument& document) {
  core_.OnUploaded(document.revision, document.sha256);
  const auto found = documents_.find(document.duty_id);
  if (found != documents_.end() && found->second.info.sha256 == document.sha256) {
    PackedDocument stored = found->second;
    stored.info.revision = document.revision;
    SaveDocument(stored);
  }
}

// Carrying out ------------------------------------------------------------------------------------

void DutyRunner::Pump() {
  for (auto actions = core_.TakeActions(); !actions.empty(); actions = core_.TakeActions()) {
    for (const DutyAction& action : actions) {
      std::visit([this](const auto& one) { Carry(one); }, action);
    }
  }
  if (core_.phase() == DutyCore::Phase::kStarting) CatchUpLater();
  if (!catches_up_later_) CatchUp();
  if (!core_.IsTrying()) before_.reset();
  const auto& duty = core_.role().duty;
  uploader_.SetAssignment(duty.has_value() ? duty->mark.number : 0);
  TellChange();
  parts_.metrics.holds_duty.Set(duty.has_value() ? 1 : 0);
  parts_.metrics.documents_kept.Set(static_cast<double>(documents_.size()));
  alarm_.Set(std::min(core_.NextAt(), uploader_.NextAt()));
}

void DutyRunner::OnTimer() {
  core_.OnTime(parts_.clock.SteadyNow());
  uploader_.OnTime();
  Pump();
}

void DutyRunner::Carry(const act::GiveToNative& action) {
  const absl::Status status = GiveToNative(action.order, action.duty_id);
  GiveWay();
  // The core's time-out takes care of the duty.
  if (!status.ok()) log_.Error("{} cannot be given: {}", action.duty_id, DescribeError(status));
}

absl::Status DutyRunner::GiveToNative(uint64_t order, const std::string& duty_id) {
  const auto found = documents_.find(duty_id);
  if (found == documents_.end()) return absl::NotFoundError("the document is not kept");
  const Sha256& sha256 = found->second.info.sha256;
  if (const std::string* ready = ready_.Find(duty_id, sha256)) {
    return parts_.link.Activate(order, *ready, sha256);
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string content, Unpack(found->second.packed));
  return parts_.link.Activate(order, content, sha256);
}

void DutyRunner::MakeReady(const PackedDocument& document) {
  parts_.disk->Post([this, info = document.info, packed = document.packed] {
    absl::StatusOr<std::string> content = Unpack(packed);
    if (!content.ok()) return;
    parts_.executor->Post([this, info, content = *std::move(content)]() mutable {
      if (!documents_.contains(info.duty_id)) return;
      ready_.Put(info.duty_id, info.sha256, std::move(content));
    });
  });
}

void DutyRunner::Carry(const act::StopNative& action) {
  const absl::Status status = parts_.link.StandDown(action.order);
  if (!status.ok()) log_.Error("the native process cannot be told: {}", DescribeError(status));
}

void DutyRunner::Carry(const act::SaveRole& action) { unsaved_version_ = action.version; }

// Writing and talking would take the processor from the native process on a small box, and from the
// orchestrator that waits for its answer on a smaller one.
void DutyRunner::CatchUpLater() {
  if (catches_up_later_ || (unsaved_version_ == 0 && !untold_)) return;
  catches_up_later_ = true;
  afterwards_.Do([this] {
    catches_up_later_ = false;
    CatchUp();
  });
}

void DutyRunner::CatchUp() {
  if (unsaved_version_ != 0) SaveRole(std::exchange(unsaved_version_, 0));
  if (std::exchange(untold_, false)) TellRole();
}

void DutyRunner::SaveRole(uint64_t version) {
  parts_.disk->Post([this, version, bytes = EncodeRole(core_.role())] {
    const absl::Status status = WriteFileAtomically(parts_.role_path, bytes);
    parts_.executor->Post([this, version, status] {
      if (status.ok()) {
        core_.OnRoleSaved(version);
        Pump();
        return;
      }
      log_.Error("the role cannot be saved, will be tried again: {}", DescribeError(status));
      parts_.executor->RunAt(parts_.clock.SteadyNow() + kSaveAgain,
                             [this, version] { SaveRole(version); });
    });
  });
}

void DutyRunner::Carry(const act::Fetch& action) {
  parts_.vault.Get(action.wanted.document, action.wanted.revision,
                   [this, executor = parts_.executor,
                    wanted = action.wanted](absl::StatusOr<std::string> packed) {
                     executor->Post([this, wanted, packed = std::move(packed)]() mutable {
                       OnGot(wanted, std::move(packed));
                     });
                   });
}

void DutyRunner::OnGot(const KeptDocument& wanted, absl::StatusOr<std::string> packed) {
  if (packed.ok() && packed_bytes_ + packed->size() > kMaxPackedBytes) {
    packed = MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_DOCUMENTS",
                       "this station keeps 64 MiB of packed documents already");
  }
  if (!core_.Takes(wanted)) packed = Superseded();
  if (!packed.ok()) {
    core_.OnFetched(parts_.clock.SteadyNow(), wanted, DescribeError(packed.status()));
    Pump();
    return;
  }
  parts_.disk->Post([this, wanted, packed = *std::move(packed)]() mutable {
    absl::StatusOr<PackedDocument> document = CheckFetched(wanted, std::move(packed));
    absl::Status status = document.status();
    if (status.ok()) {
      status = parts_.store.Save(*document);
    } else {
      parts_.metrics.documents_damaged.Add();
    }
    PackedDocument kept = document.ok() ? *std::move(document) : PackedDocument{wanted, ""};
    parts_.executor->Post([this, kept = std::move(kept), status]() mutable {
      OnFetchedAndKept(std::move(kept), status.ok() ? "" : DescribeError(status));
    });
  });
}

void DutyRunner::OnFetchedAndKept(PackedDocument document, const std::string& error) {
  const KeptDocument info = document.info;
  // A change of the native process, which came meanwhile, is on disk after the fetched one.
  if (error.empty() && !core_.Takes(info)) {
    return OnFetchedAndKept(std::move(document), DescribeError(Superseded()));
  }
  if (error.empty()) {
    PackedDocument& place = documents_[info.duty_id];
    const auto& duty = core_.role().duty;
    const bool held = duty.has_value() && duty->duty_id == info.duty_id;
    if (held && !core_.IsTrying() && !place.packed.empty()) before_ = place;
    packed_bytes_ += document.packed.size() - place.packed.size();
    place = std::move(document);
    MakeReady(place);
  } else {
    log_.Warn("{} cannot be kept: {}", info.document, error);
  }
  core_.OnFetched(parts_.clock.SteadyNow(), info, error);
  Pump();
}

void DutyRunner::SaveDocument(const PackedDocument& document) {
  PackedDocument& place = documents_[document.info.duty_id];
  packed_bytes_ += document.packed.size() - place.packed.size();
  place = document;
  parts_.disk->Post([this, document] {
    const absl::Status status = parts_.store.Save(document);
    if (!status.ok()) {
      log_.Error("{} cannot be kept: {}", document.info.document, DescribeError(status));
    }
  });
}

void DutyRunner::Carry(const act::Restore& action) {
  if (!before_.has_value() || before_->info.duty_id != action.duty_id) return;
  log_.Warn("{} goes back to the document that it ran before", action.duty_id);
  SaveDocument(*std::exchange(before_, std::nullopt));
}

void DutyRunner::Carry(const act::Drop& action) {
  const auto found = documents_.find(action.duty_id);
  if (found == documents_.end()) return;
  packed_bytes_ -= found->second.packed.size();
  documents_.erase(found);
  ready_.Drop(action.duty_id);
  parts_.disk->Post([this, duty_id = action.duty_id] { (void)parts_.store.Remove(duty_id); });
}

void DutyRunner::Carry(const act::TellRole&) { untold_ = true; }

void DutyRunner::TellRole() {
  const auto& duty = core_.role().duty;
  if (duty.has_value()) {
    log_.Info("holds {} (assignment {}, epoch {})", duty->duty_id, duty->mark.number,
              duty->mark.epoch);
  } else {
    log_.Info("holds no duty: a backup");
    uploader_.Forget();
  }
  outlets_.role_changed();
}

void DutyRunner::Carry(const act::AttachAgain&) { outlets_.attach_again(); }

void DutyRunner::Carry(const act::ReplyStaged& action) {
  parts_.metrics.CountReply("staged");
  outlets_.reply(action);
}

void DutyRunner::Carry(const act::ReplyAccepted& action) {
  parts_.metrics.CountReply("accepted");
  outlets_.reply(action);
}

void DutyRunner::Carry(const act::ReplyRunning& action) {
  outlets_.reply(action);
  parts_.metrics.CountReply("running");
  parts_.metrics.activation.Observe(action.took);
  afterwards_.Do([this, action] {
    log_.Info("runs {} revision {} after {}", action.order.duty_id, action.order.revision,
              absl::FormatDuration(action.took));
  });
}

void DutyRunner::Carry(const act::ReplyRefused& action) {
  parts_.metrics.CountReply("refused");
  outlets_.reply(action);
  log_.Warn("refuses the order for {}: {}: {}", action.duty_id, action.reason, action.message);
}

void DutyRunner::Carry(const act::ReplyStoodDown& action) {
  parts_.metrics.CountReply("stood_down");
  outlets_.reply(action);
  log_.Info("stood down from {}", action.duty_id);
}

}  // namespace understudy::station_agent
