#include "services/config_vault/restore/restore_session.h"

#include <utility>

#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

// An answer for so many pieces: some megabytes.
constexpr uint64_t kAnswerEvery = 8;

}  // namespace

void RestoreSession::OnMessage(Stream& stream, const v1::RestoreRequest& message) {
  if (finished_) return;
  const absl::Status status = Take(stream, message);
  if (status.ok() && !finished_) return stream.ReadNext();
  finished_ = true;
  staged_.reset();
  stream.Finish(status);
}

absl::Status RestoreSession::Take(Stream& stream, const v1::RestoreRequest& message) {
  if (message.has_header() && staged_ == nullptr) {
    replace_ = message.header().replace();
    const v1::RestoreHeader& header = message.header();
    UNDERSTUDY_ASSIGN_OR_RETURN(staged_,
                                StagedBackup::Create(path_, header.counters(), header.epoch()));
    return absl::OkStatus();
  }
  if (staged_ != nullptr && message.part_case() == v1::RestoreRequest::kPiece) {
    return TakePiece(stream, message.piece());
  }
  if (staged_ != nullptr && message.has_trailer()) return Finish(stream, message.trailer());
  return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_SNAPSHOT",
                   "the parts do not come as header, pieces, trailer; nothing was changed");
}

absl::Status RestoreSession::TakePiece(Stream& stream, const std::string& piece) {
  UNDERSTUDY_RETURN_IF_ERROR(staged_->Add(piece));
  if (staged_->pieces() % kAnswerEvery != 0) return absl::OkStatus();
  v1::RestoreResponse response;
  response.set_pieces_taken(staged_->pieces());
  stream.Send(std::move(response));
  return absl::OkStatus();
}

absl::Status RestoreSession::Finish(Stream& stream, const v1::SnapshotTrailer& trailer) {
  finished_ = true;
  UNDERSTUDY_RETURN_IF_ERROR(staged_->Close(trailer.pieces(), trailer.sha256()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Restored restored, restore_(*staged_, replace_));
  v1::RestoreResponse response;
  v1::RestoreResult& result = *response.mutable_result();
  result.set_revision(restored.counters.revision);
  result.set_documents(restored.counters.documents);
  result.set_kept_revisions(restored.counters.kept_revisions);
  result.set_epoch(restored.epoch);
  stream.Send(std::move(response));
  return absl::OkStatus();
}

}  // namespace understudy::config_vault
