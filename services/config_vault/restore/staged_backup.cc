#include "services/config_vault/restore/staged_backup.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/mutation_codec.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault {
namespace {

absl::Status Corrupt(std::string_view what) {
  return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_SNAPSHOT",
                   absl::StrCat(std::string(what), "; nothing was changed"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StagedBackup>> StagedBackup::Create(const std::string& path,
                                                                   std::string_view counters,
                                                                   Epoch epoch) {
  const absl::StatusOr<Counters> decoded = storage::DecodeCounters(counters);
  if (!decoded.ok()) return Corrupt("the header's counters cannot be read");
  std::unique_ptr<StagedBackup> staged(new StagedBackup(path, *decoded, epoch));
  if (!staged->file_) return staged->DiskError("creating");
  return staged;
}

StagedBackup::StagedBackup(std::string path, const Counters& counters, Epoch epoch)
    : path_(std::move(path)),
      counters_(counters),
      epoch_(epoch),
      file_(path_, std::ios::binary | std::ios::in | std::ios::out | std::ios::trunc) {}

StagedBackup::~StagedBackup() { (void)std::remove(path_.c_str()); }

absl::Status StagedBackup::DiskError(std::string_view doing) const {
  const bool is_full = errno == ENOSPC || errno == EDQUOT;
  return MakeError(
      is_full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable,
      is_full ? "DISK_FULL" : "DISK_ERROR",
      absl::StrCat(std::string(doing), " ", path_, ": ", std::strerror(errno)));
}

absl::Status StagedBackup::Add(std::string_view piece) {
  if (!storage::DecodeMutations(piece).ok()) {
    return Corrupt(absl::StrCat("piece ", digest_.pieces() + 1, " cannot be read"));
  }
  digest_.Add(piece);
  const auto size = static_cast<uint32_t>(piece.size());
  file_.write(reinterpret_cast<const char*>(&size), sizeof(size));
  file_.write(piece.data(), static_cast<std::streamsize>(piece.size()));
  return file_ ? absl::OkStatus() : DiskError("writing");
}

absl::Status StagedBackup::Close(uint64_t pieces, std::string_view sha256) {
  if (!file_.flush()) return DiskError("writing");
  const bool fits = pieces == digest_.pieces() && sha256 == digest_.bytes();
  return fits ? absl::OkStatus() : Corrupt("the trailer does not fit the pieces");
}

absl::Status StagedBackup::ForEachPiece(const Each& each) {
  file_.clear();
  file_.seekg(0);
  for (uint64_t i = 0; i < digest_.pieces(); ++i) {
    uint32_t size = 0;
    file_.read(reinterpret_cast<char*>(&size), sizeof(size));
    std::string piece(file_ ? size : 0, '\0');
    file_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (!file_) return DiskError("reading");
    UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<Mutation> mutations, storage::DecodeMutations(piece));
    UNDERSTUDY_RETURN_IF_ERROR(each(std::move(mutations)));
  }
  return absl::OkStatus();
}

}  // namespace understudy::config_vault
