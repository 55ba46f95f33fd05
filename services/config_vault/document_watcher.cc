#include "services/config_vault/document_watcher.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/proto_fields.h"

namespace understudy::config_vault {
namespace {

// Records read at a time.
constexpr size_t kPiece = 128;

absl::Status AheadOfVault(Revision asked, Revision current) {
  return MakeError(absl::StatusCode::kOutOfRange, "REVISION_AHEAD",
                   absl::StrCat("the watch was to go on after revision ", asked,
                                ", but the vault is at ", current),
                   {{"current_revision", absl::StrCat(current)}});
}

}  // namespace

DocumentWatcher::DocumentWatcher(const Vault& vault, const WatcherOptions& options,
                                 const v1::WatchRequest& request, std::shared_ptr<WatchSink> sink)
    : vault_(vault),
      options_(options),
      prefix_(request.prefix()),
      sink_(std::move(sink)),
      in_snapshot_(request.snapshot()),
      position_(request.after_revision()),
      last_progress_(vault.clock.SteadyNow()) {}

void DocumentWatcher::Wake() {
  {
    absl::MutexLock lock(&mutex_);
    woken_ = true;
    if (std::exchange(scheduled_, true)) return;
  }
  // One task for each watcher at most: their number is the pool's bound.
  vault_.pool.Post([self = shared_from_this()] { self->Work(); });
}

void DocumentWatcher::Work() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (!std::exchange(woken_, false)) {
        scheduled_ = false;
        return;
      }
    }
    Step step = Step::kMore;
    while (step == Step::kMore && HasRoom()) {
      absl::StatusOr<Step> next = SendNext();
      if (!next.ok()) sink_->Finish(next.status());
      step = next.value_or(Step::kOver);
    }
    // Stays scheduled for good: nothing is left to do.
    if (step == Step::kOver) return;
  }
}

absl::StatusOr<DocumentWatcher::Step> DocumentWatcher::SendNext() {
  return in_snapshot_ ? SendSnapshot() : SendChanges();
}

absl::StatusOr<DocumentWatcher::Step> DocumentWatcher::SendSnapshot() {
  if (snapshot_ == nullptr) snapshot_ = vault_.store.Snapshot();
  UNDERSTUDY_ASSIGN_OR_RETURN(const VaultReader::HeadPage page,
                              snapshot_->ListHeads(prefix_, snapshot_after_, kPiece, false));
  for (const DocumentHead& head : page.heads) {
    v1::WatchResponse response;
    fields::ToProto(head.latest, *response.mutable_changed());
    if (!sink_->Send(std::move(response))) return Step::kOver;
  }
  snapshot_after_ = page.last;
  if (page.more) return Step::kMore;
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, snapshot_->ReadCounters());
  position_ = counters.revision;
  in_snapshot_ = false;
  snapshot_.reset();
  return SendSynced() ? Step::kMore : Step::kOver;
}

absl::StatusOr<DocumentWatcher::Step> DocumentWatcher::SendChanges() {
  UNDERSTUDY_ASSIGN_OR_RETURN(const ChangeFeed::Recent next, ReadChanges());
  if (!SendAll(next.changes)) return Step::kOver;
  position_ = next.up_to;
  if (next.changes.size() == kPiece) return Step::kMore;
  if (synced_ && position_ - told_ < options_.quiet_writes) return Step::kIdle;
  return SendSynced() ? Step::kIdle : Step::kOver;
}

absl::StatusOr<ChangeFeed::Recent> DocumentWatcher::ReadChanges() const {
  if (const Revision current = vault_.feed.revision(); position_ > current) {
    return AheadOfVault(position_, current);
  }
  std::optional<ChangeFeed::Recent> recent = vault_.feed.ReadRecent(position_, kPiece);
  if (recent.has_value()) return *std::move(recent);
  const std::unique_ptr<VaultReader> reader = vault_.store.Snapshot();
  ChangeFeed::Recent result;
  UNDERSTUDY_ASSIGN_OR_RETURN(result.changes, reader->ListChanges(position_, kPiece));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, reader->ReadCounters());
  const bool all = result.changes.size() < kPiece;
  result.up_to = all ? counters.revision : result.changes.back().revision;
  return result;
}

bool DocumentWatcher::SendAll(const std::vector<DocumentInfo>& infos) {
  for (const DocumentInfo& info : infos) {
    if (!info.name.starts_with(prefix_)) continue;
    v1::WatchResponse response;
    fields::ToProto(info, *response.mutable_changed());
    if (!sink_->Send(std::move(response))) return false;
    told_ = info.revision;
  }
  return true;
}

bool DocumentWatcher::SendSynced() {
  v1::WatchResponse response;
  response.set_synced_revision(position_);
  told_ = position_;
  synced_ = true;
  return sink_->Send(std::move(response));
}

bool DocumentWatcher::HasRoom() {
  const size_t waiting = sink_->queue_length();
  const SteadyTime now = vault_.clock.SteadyNow();
  if (waiting < options_.high_water || waiting != last_queue_length_) last_progress_ = now;
  last_queue_length_ = waiting;
  if (waiting < options_.high_water) return true;
  if (now - last_progress_ >= options_.stall_limit) sink_->Finish(Stalled(waiting));
  return false;
}

absl::Status DocumentWatcher::Stalled(size_t waiting) const {
  return MakeError(absl::StatusCode::kResourceExhausted, "WATCH_TOO_SLOW",
                   absl::StrCat("nothing was read from the stream for ",
                                absl::FormatDuration(options_.stall_limit), " while ", waiting,
                                " changes wait"));
}

}  // namespace understudy::config_vault
