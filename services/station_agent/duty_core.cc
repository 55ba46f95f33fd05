#include "services/station_agent/duty_core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace understudy::station_agent {

namespace act = duty_action;

namespace {

// A spare keeps at most this many documents.
constexpr size_t kMaxKept = 1024;

}  // namespace

DutyCore::DutyCore(const DutyCoreOptions& options, Random& random)
    : options_(options), random_(random) {}

void DutyCore::Start(StationRole role, const std::vector<KeptDocument>& kept,
                     const std::optional<NativeOrder>& native_order) {
  role_ = std::move(role);
  for (const auto& [duty_id, mark] : role_.marks) OnEpoch(mark.epoch);
  for (const KeptDocument& document : kept) kept_[document.duty_id] = document;
  if (native_order.has_value()) native_order_ = native_order->number;
  const bool told_to_run = native_order.has_value() && native_order->activates;
  const bool told_to_stop = native_order.has_value() && !native_order->activates;
  if (!role_.duty.has_value()) {
    if (role_.kind == StationKind::kBackup && !told_to_stop) Stop();
    return;
  }
  // Under strict fencing nothing runs without a lease, and a native process that was told to stop
  // is started again only by the site's word.
  const bool waits = role_.duty->strict_fencing || told_to_stop;
  phase_ =
      waits && !(told_to_run && !role_.duty->strict_fencing) ? Phase::kSuspended : Phase::kRunning;
}

// Orders ------------------------------------------------------------------------------------------

void DutyCore::OnEpoch(uint64_t epoch) { epoch_ = std::max(epoch_, epoch); }

void DutyCore::OnStage(const KeptDocument& wanted) {
  const auto found = kept_.find(wanted.duty_id);
  if (found != kept_.end() && found->second.sha256 == wanted.sha256) {
    found->second.revision = std::max(found->second.revision, wanted.revision);
    Do(act::ReplyStaged{wanted.duty_id, wanted.revision, wanted.sha256, ""});
  } else if (Holds(wanted.duty_id)) {
    Do(act::ReplyStaged{wanted.duty_id, wanted.revision, std::nullopt,
                        "this station runs the duty itself"});
  } else if (found == kept_.end() && kept_.size() >= kMaxKept) {
    Do(act::ReplyStaged{wanted.duty_id, wanted.revision, std::nullopt,
                        absl::StrCat("this station keeps ", kMaxKept, " documents already")});
  } else {
    Do(act::Fetch{wanted});
  }
}

void DutyCore::OnUnstage(const std::string& duty_id) {
  if (Holds(duty_id) || kept_.erase(duty_id) == 0) return;
  Do(act::Drop{duty_id});
}

bool DutyCore::Admit(const DutyOrder& order) {
  // It may have waited in the connection while this station stood still, and be older than the
  // verdict on it: what counts is said again to whoever attaches with a lease.
  if (lease_is_over_ && order.strict_fencing) {
    dropped_order_ = true;
    return false;
  }
  const OrderMark oldest = OldestAdmitted(order.duty_id);
  if (order.mark < oldest) {
    Refuse(order, "STALE_ORDER",
           absl::StrCat("expected at least epoch ", oldest.epoch, " assignment ", oldest.number,
                        ", found epoch ", order.mark.epoch, " assignment ", order.mark.number));
    return false;
  }
  if (HoldsAnother(order.duty_id)) {
    Refuse(order, "BUSY", absl::StrCat("this station holds the duty ", role_.duty->duty_id));
    return false;
  }
  OnEpoch(order.mark.epoch);
  NoteMark(role_, order.duty_id, order.mark);
  return true;
}

void DutyCore::OnActivate(SteadyTime now, const DutyOrder& order) {
  if (!Admit(order)) return;
  if (Holds(order.duty_id)) {
    ActivateAgain(now, order);
  } else if (!order.sha256.has_value()) {
    Refuse(order, "DOCUMENT_UNAVAILABLE", "the duty has no document yet");
  } else if (!native_attached_) {
    Refuse(order, "NATIVE_PROCESS_DEAD", "no native process is attached");
  } else {
    Take(now, order);
  }
}

void DutyCore::Take(SteadyTime now, const DutyOrder& order) {
  role_.duty = order;
  role_.kind = StationKind::kDeployment;
  order_at_ = now;
  is_activation_ = true;
  owes_running_ = true;
  // Before all else: the duty stands still until the native process has it.
  FetchOrGive(now);
  Do(act::ReplyAccepted{order});
  SaveRole();
  Do(act::TellRole{});
}

// The duty is ours already: the order came twice, or it brings a newer document or assignment.
void DutyCore::ActivateAgain(SteadyTime now, const DutyOrder& order) {
  DutyOrder& held = *role_.duty;
  const bool newer_document =
      order.sha256.has_value() && order.sha256 != held.sha256 && order.revision > held.revision;
  const bool changed = held.mark != order.mark || held.strict_fencing != order.strict_fencing;
  held.mark = order.mark;
  held.strict_fencing = order.strict_fencing;
  const bool begins = is_activation_ && (phase_ == Phase::kFetching || phase_ == Phase::kStarting);
  if (newer_document && !begins) {
    if (changed) SaveRole();
    return BeginUpdate(now, order);
  }
  Do(act::ReplyAccepted{held});
  owes_running_ = true;
  if (newer_document) {
    held = order;
    order_at_ = now;
    FetchOrGive(now);
  } else if (phase_ == Phase::kSuspended) {
    Resume(now);
  } else if (phase_ == Phase::kRunning && NativeRunsTheDuty()) {
    order_at_ = now;
    SayRunning(now);
  }
  if (changed || newer_document) SaveRole();
}

// What runs goes on until the newer document is here.
void DutyCore::BeginUpdate(SteadyTime now, const DutyOrder& order) {
  if (HasOwnChange()) {
    Refuse(order, "CHANGED_HERE", "the native process has a change that is not uploaded yet");
  } else if (update_.has_value() && order.revision < update_->revision) {
    Refuse(order, "STALE_ORDER",
           absl::StrCat("revision ", update_->revision, " of the document is on its way"));
  } else if (!native_attached_) {
    Refuse(order, "NATIVE_PROCESS_DEAD", "no native process is attached");
  } else if (IsKept(order)) {
    Do(act::ReplyAccepted{order});
    KeptDocument kept = kept_.at(order.duty_id);
    kept.revision = order.revision;
    ApplyUpdate(now, order, kept);
  } else {
    Do(act::ReplyAccepted{order});
    update_ = order;
    Do(act::Fetch{{order.duty_id, order.document, order.revision, *order.sha256, 0}});
  }
}

void DutyCore::OnUpdateFetched(SteadyTime now, const KeptDocument& document,
                               const std::string& error) {
  const DutyOrder order = *std::exchange(update_, std::nullopt);
  if (HasOwnChange()) {
    Refuse(order, "CHANGED_HERE", "the native process changed its configuration meanwhile");
  } else if (!error.empty()) {
    Refuse(order, "DOCUMENT_UNAVAILABLE", error);
  } else {
    ApplyUpdate(now, order, document);
  }
}

void DutyCore::ApplyUpdate(SteadyTime now, const DutyOrder& order, const KeptDocument& document) {
  DutyOrder next = order;
  next.mark = role_.duty->mark;
  next.strict_fencing = role_.duty->strict_fencing;
  const bool runs = phase_ != Phase::kSuspended;
  if (runs && !before_.has_value()) {
    const auto found = kept_.find(order.duty_id);
    before_ = Before{*role_.duty, found == kept_.end() ? std::optional<KeptDocument>()
                                                       : std::optional(found->second)};
  }
  kept_[order.duty_id] = document;
  role_.duty = next;
  SaveRole();
  if (!runs) return;
  order_at_ = now;
  is_activation_ = false;
  owes_running_ = true;
  phase_ = Phase::kStarting;
  Give();
}

// The newer document does not run: back to the one that did.
void DutyCore::Revert() {
  const Before before = *std::exchange(before_, std::nullopt);
  const std::string duty_id = before.duty.duty_id;
  const OrderMark mark = role_.duty->mark;
  const bool strict = role_.duty->strict_fencing;
  role_.duty = before.duty;
  role_.duty->mark = mark;
  role_.duty->strict_fencing = strict;
  SaveRole();
  phase_ = Phase::kRunning;
  idle_since_ = order_at_ + options_.activation_timeout;
  if (before.kept.has_value()) {
    kept_[duty_id] = *before.kept;
    Do(act::Restore{duty_id});
    Give();
  } else {
    kept_.erase(duty_id);
    Do(act::Drop{duty_id});
  }
}

void DutyCore::OnHold(SteadyTime now, const DutyOrder& order) {
  if (!Holds(order.duty_id)) {
    // Our own record of it is gone, but the site's is not.
    OnActivate(now, order);
    return;
  }
  if (!Admit(order)) return;
  DutyOrder& held = *role_.duty;
  const bool changed = held.mark != order.mark || held.strict_fencing != order.strict_fencing ||
                       held.document != order.document;
  held.mark = order.mark;
  held.strict_fencing = order.strict_fencing;
  held.document = order.document;
  if (changed) {
    SaveRole();
    Do(act::TellRole{});
  }
  owes_running_ = true;
  order_at_ = now;
  if (phase_ == Phase::kSuspended) {
    if (!held.sha256.has_value()) held.sha256 = order.sha256;
    Resume(now);
  } else if (phase_ == Phase::kRunning && NativeRunsTheDuty()) {
    SayRunning(now);
  }
}

void DutyCore::OnStandDown(const std::string& duty_id, const OrderMark& mark) {
  if (mark < OldestAdmitted(duty_id)) {
    Refuse({duty_id, mark, "", 0, std::nullopt, false}, "STALE_ORDER",
           "a newer order for the duty, or a newer epoch, is known");
    return;
  }
  OnEpoch(mark.epoch);
  NoteMark(role_, duty_id, mark);
  if (!Holds(duty_id)) {
    // Said again while the process still stops: answered when it has.
    const auto under_way =
        std::find_if(stand_downs_.begin(), stand_downs_.end(),
                     [&](const StandDown& known) { return known.duty_id == duty_id; });
    if (under_way == stand_downs_.end()) return Do(act::ReplyStoodDown{duty_id, mark.number});
    under_way->number = mark.number;
    return;
  }
  // What was changed here and never uploaded is not the site's document.
  const auto found = kept_.find(duty_id);
  if (found != kept_.end() && found->second.revision == 0) {
    kept_.erase(found);
    Do(act::Drop{duty_id});
  }
  role_.duty.reset();
  update_.reset();
  before_.reset();
  role_.kind = StationKind::kBackup;
  phase_ = Phase::kStopping;
  Stop();
  SaveRole();
  Do(act::TellRole{});
  stand_downs_.push_back({duty_id, mark.number, role_version_, !native_attached_});
  FinishStandDowns();
}

// Results -----------------------------------------------------------------------------------------

bool DutyCore::Takes(const KeptDocument& fetched) const {
  if (!Holds(fetched.duty_id)) return true;
  const auto found = kept_.find(fetched.duty_id);
  if (found == kept_.end()) return true;
  return !HasOwnChange() && found->second.revision <= fetched.revision;
}

void DutyCore::OnFetched(SteadyTime now, const KeptDocument& document, const std::string& error) {
  const bool is_update = update_.has_value() && update_->duty_id == document.duty_id &&
                         update_->sha256 == document.sha256;
  if (is_update) return OnUpdateFetched(now, document, error);
  const bool awaited = phase_ == Phase::kFetching && Holds(document.duty_id) &&
                       role_.duty->sha256 == document.sha256;
  if (error.empty()) kept_[document.duty_id] = document;
  if (!awaited) {
    Do(act::ReplyStaged{document.duty_id, document.revision,
                        error.empty() ? std::optional<Sha256>(document.sha256) : std::nullopt,
                        error});
  } else if (error.empty()) {
    phase_ = Phase::kStarting;
    Give();
  } else {
    FailActivation("DOCUMENT_UNAVAILABLE", error);
  }
}

void DutyCore::OnRoleSaved(uint64_t version) {
  saved_version_ = std::max(saved_version_, version);
  FinishStandDowns();
}

void DutyCore::FinishStandDowns() {
  std::erase_if(stand_downs_, [this](const StandDown& stand_down) {
    if (!stand_down.stopped || stand_down.role_version > saved_version_) return false;
    Do(act::ReplyStoodDown{stand_down.duty_id, stand_down.number});
    return true;
  });
  const bool stopped = std::all_of(stand_downs_.begin(), stand_downs_.end(),
                                   [](const StandDown& s) { return s.stopped; });
  if (phase_ == Phase::kStopping && stopped) phase_ = Phase::kNone;
}

// The lease ---------------------------------------------------------------------------------------

void DutyCore::OnLeaseOver() {
  lease_is_over_ = true;
  if (!strict() || phase_ == Phase::kSuspended) return;
  before_.reset();
  phase_ = Phase::kSuspended;
  Stop();
}

void DutyCore::OnLeaseRenewed() {
  lease_is_over_ = false;
  const bool dropped = std::exchange(dropped_order_, false);
  if (dropped || phase_ == Phase::kSuspended) Do(act::AttachAgain{});
}

// Runs the duty that is held but not run.
void DutyCore::Resume(SteadyTime now) {
  order_at_ = now;
  is_activation_ = false;
  if (NativeRunsTheDuty()) {
    phase_ = Phase::kRunning;
    SayRunning(now);
  } else if (const auto found = kept_.find(role_.duty->duty_id); found != kept_.end()) {
    role_.duty->sha256 = found->second.sha256;
    phase_ = Phase::kStarting;
    Give();
  } else if (role_.duty->sha256.has_value()) {
    FetchOrGive(now);
  } else {
    // The native process brings its own configuration.
    phase_ = Phase::kRunning;
    idle_since_ = now;
  }
}

// Time --------------------------------------------------------------------------------------------

SteadyTime DutyCore::NextAt() const {
  if (phase_ == Phase::kFetching || phase_ == Phase::kStarting) {
    return order_at_ + options_.activation_timeout;
  }
  if (phase_ == Phase::kRunning && idle_since_.has_value() && native_attached_) {
    return *idle_since_ + options_.idle_patience;
  }
  return SteadyTime::Infinite();
}

void DutyCore::OnTime(SteadyTime now) {
  if (now < NextAt()) return;
  if (phase_ == Phase::kFetching) {
    FailActivation("DOCUMENT_UNAVAILABLE", "the document did not arrive in time");
  } else if (phase_ == Phase::kStarting) {
    FailActivation("NATIVE_PROCESS_TIMEOUT", "the native process did not answer in time");
  } else {
    idle_since_ = now;
    if (kept_.contains(role_.duty->duty_id)) return Give();
    if (!role_.duty->sha256.has_value()) return;
    order_at_ = now;
    is_activation_ = false;
    FetchOrGive(now);
  }
}

// Steps -------------------------------------------------------------------------------------------

void DutyCore::FetchOrGive(SteadyTime) {
  if (IsKept(*role_.duty)) {
    phase_ = Phase::kStarting;
    Give();
    return;
  }
  phase_ = Phase::kFetching;
  Do(act::Fetch{{role_.duty->duty_id, role_.duty->document, role_.duty->revision,
                 role_.duty->sha256.value_or(Sha256{}), 0}});
}

void DutyCore::Give() {
  native_order_ = random_.Next() | 1;
  Do(act::GiveToNative{native_order_, role_.duty->duty_id});
}

void DutyCore::Stop() {
  native_order_ = random_.Next() | 1;
  Do(act::StopNative{native_order_});
}

void DutyCore::SayRunning(SteadyTime now) {
  if (!owes_running_) return;
  owes_running_ = false;
  Do(act::ReplyRunning{*role_.duty, native_.sha256, now - order_at_});
}

void DutyCore::FailActivation(std::string reason, std::string message) {
  Refuse(*role_.duty, std::move(reason), std::move(message));
  if (!is_activation_ && !before_.has_value()) {
    // The duty was ours before this order: it stays ours, is tried again with patience, and what
    // comes of that is still to be told.
    phase_ = Phase::kRunning;
    idle_since_ = order_at_ + options_.activation_timeout;
    return;
  }
  owes_running_ = false;
  if (before_.has_value()) return Revert();
  role_.duty.reset();
  role_.kind = StationKind::kBackup;
  phase_ = Phase::kNone;
  Stop();
  SaveRole();
  Do(act::TellRole{});
}

void DutyCore::SaveRole() { Do(act::SaveRole{++role_version_}); }

void DutyCore::Refuse(const DutyOrder& order, std::string reason, std::string message) {
  Do(act::ReplyRefused{order.duty_id, order.mark.number, std::move(reason), std::move(message)});
}

OrderMark DutyCore::OldestAdmitted(const std::string& duty_id) const {
  const auto found = role_.marks.find(duty_id);
  const OrderMark newest = found == role_.marks.end() ? OrderMark() : found->second;
  return std::max(newest, OrderMark{epoch_, 0});
}

bool DutyCore::Holds(const std::string& duty_id) const {
  return role_.duty.has_value() && role_.duty->duty_id == duty_id;
}

// What the native process made of the document is newer than what the vault has.
bool DutyCore::HasOwnChange() const {
  if (!role_.duty.has_value()) return false;
  const auto found = kept_.find(role_.duty->duty_id);
  return found != kept_.end() && found->second.revision == 0;
}

bool DutyCore::HoldsAnother(const std::string& duty_id) const {
  return role_.duty.has_value() && role_.duty->duty_id != duty_id;
}

bool DutyCore::IsKept(const DutyOrder& order) const {
  const auto found = kept_.find(order.duty_id);
  return found != kept_.end() && order.sha256.has_value() && found->second.sha256 == *order.sha256;
}

std::optional<DutyOrder> DutyCore::Holding() const {
  if (before_.has_value()) {
    // The duty is ours while its newer document is tried.
    DutyOrder held = before_->duty;
    held.mark = role_.duty->mark;
    return held;
  }
  if (phase_ != Phase::kRunning && phase_ != Phase::kSuspended) return std::nullopt;
  return role_.duty;
}

std::vector<DutyAction> DutyCore::TakeActions() { return std::exchange(actions_, {}); }

}  // namespace understudy::station_agent
