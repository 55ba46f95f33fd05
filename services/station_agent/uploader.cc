#include "services/station_agent/uploader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::station_agent {
namespace {

constexpr size_t kMaxWaiting = 16;

// Errors that the same upload would get again.
bool IsFinal(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument ||
         status.code() == absl::StatusCode::kAlreadyExists ||
         ErrorReason(status) == "DOCUMENT_TOO_LARGE";
}

}  // namespace

Uploader::Uploader(Parts parts, const SyncOptions& options, std::string author, Outlets outlets)
    : parts_(std::move(parts)),
      author_(std::move(author)),
      outlets_(std::move(outlets)),
      planner_(options, parts_.random) {}

void Uploader::OnChange(PackedDocument document, bool urgent) {
  change_ = std::move(document);
  // Not the hash: a content that comes back after another one is a new write.
  request_id_ = absl::StrCat(absl::Hex(parts_.random.Next(), absl::kZeroPad16),
                             absl::Hex(parts_.random.Next(), absl::kZeroPad16));
  planner_.OnChange(parts_.clock.SteadyNow(), urgent || !waiting_.empty());
}

void Uploader::SetAssignment(uint64_t number) {
  assignment_ = number;
  planner_.SetAllowed(parts_.clock.SteadyNow(), number != 0);
}

void Uploader::Forget() {
  change_.reset();
  request_id_.clear();
  planner_.Forget();
  Answer(MakeError(absl::StatusCode::kFailedPrecondition, "NO_DUTY",
                   "the station holds no duty any more"));
}

void Uploader::UploadNow(OnAnswer callback) {
  if (waiting_.size() >= kMaxWaiting) {
    callback(MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_CALLERS",
                       absl::StrCat("more than ", kMaxWaiting, " callers wait already")));
    return;
  }
  waiting_.push_back(std::move(callback));
  planner_.OnChange(parts_.clock.SteadyNow(), /*urgent=*/true);
}

void Uploader::OnTime() {
  const SteadyTime now = parts_.clock.SteadyNow();
  if (!planner_.TakeStart(now)) return;
  if (!change_.has_value()) {
    planner_.OnDone(now);
    return;
  }
  const VaultDocuments::Upload upload = {*change_, assignment_, request_id_, author_};
  parts_.vault.Put(upload, [this, executor = parts_.executor,
                            id = request_id_](absl::StatusOr<uint64_t> result) {
    executor->Post([this, id, result = std::move(result)] { OnResult(id, result); });
  });
}

void Uploader::OnResult(const std::string& request_id, const absl::StatusOr<uint64_t>& result) {
  // Else a newer change took its place meanwhile.
  const bool current = change_.has_value() && request_id == request_id_;
  if (result.ok()) {
    parts_.metrics.uploads_done.Add();
    planner_.OnDone(parts_.clock.SteadyNow());
    if (current) OnStored(*result);
  } else {
    OnError(current, result.status());
  }
  outlets_.settled();
}

void Uploader::OnError(bool current, const absl::Status& status) {
  const SteadyTime now = parts_.clock.SteadyNow();
  const bool stale = ErrorReason(status) == "STALE_ASSIGNMENT";
  if (!stale && !IsFinal(status)) {
    parts_.metrics.uploads_retried.Add();
    planner_.OnRetry(now);
    log_.Warn("upload failed, will be tried again: {}", DescribeError(status));
    return;
  }
  (stale ? parts_.metrics.uploads_stale : parts_.metrics.uploads_refused).Add();
  planner_.OnDone(now);
  if (current) GiveUp(status);
}

void Uploader::OnStored(uint64_t revision) {
  KeptDocument info = change_->info;
  info.revision = revision;
  change_.reset();
  log_.Info("uploaded {}: revision {}, {} bytes", info.document, info.revision, info.size);
  outlets_.uploaded(info);
  Answer(info);
}

void Uploader::GiveUp(const absl::Status& why) {
  log_.Error("upload of {} refused: {}", change_->info.document, DescribeError(why));
  change_.reset();
  planner_.Forget();
  Answer(why);
}

void Uploader::Answer(const absl::StatusOr<KeptDocument>& answer) {
  for (OnAnswer& callback : std::exchange(waiting_, {})) callback(answer);
}

}  // namespace understudy::station_agent
