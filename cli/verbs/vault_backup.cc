#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"
#include "cli/output/progress.h"
#include "cli/verbs/vault_manifest.h"
#include "cli/verbs/vault_nodes.h"
#include "cli/verbs/verbs.h"
#include "common/document/chained_digest.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using config_vault::v1::SnapshotResponse;

struct Options {
  std::string file;
  std::string from;
  bool overwrite = false;
};

absl::Status FileError(const std::string& file, const std::string& what) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "FILE_NOT_WRITABLE",
                   absl::StrCat(file, " ", what));
}

// For its owner alone: documents hold passwords.
absl::Status CreateSecretFile(const std::string& file) {
  const int descriptor = open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (descriptor < 0) return FileError(file, "cannot be written");
  close(descriptor);
  return absl::OkStatus();
}

absl::Status SyncAndRename(const std::string& from, const std::string& to) {
  const int descriptor = open(from.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
  if (descriptor >= 0) close(descriptor);
  if (!synced) return FileError(from, "could not be brought to the disk");
  if (std::rename(from.c_str(), to.c_str()) != 0) return FileError(to, "cannot be written");
  return absl::OkStatus();
}

// Puts a snapshot's parts into a file, and finds out whether they are all there.
class Taker {
 public:
  Taker(std::ostream& out, std::string vault) : writer_(out), vault_(std::move(vault)) {}

  absl::Status Take(const SnapshotResponse& part) {
    if (part.has_header()) return Begin(part.header());
    if (part.has_trailer()) return End(part.trailer());
    digest_.Add(part.piece());
    if (progress_ != nullptr) progress_->Reach(part.revisions_so_far(), "revisions");
    return writer_.AddPiece(part.piece());
  }
  absl::StatusOr<CheckedBackup> Result() const {
    if (is_whole_) {
      return CheckedBackup{
          .manifest = manifest_, .pieces = writer_.pieces(), .bytes = writer_.bytes()};
    }
    return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_SNAPSHOT",
                     "the vault's stream ended before its trailer");
  }

 private:
  absl::Status Begin(const config_vault::v1::SnapshotHeader& header) {
    manifest_ = {.made_at = WallNow(),
                 .vault = vault_,
                 .epoch = header.epoch(),
                 .revision = header.revision(),
                 .documents = header.documents(),
                 .kept_revisions = header.kept_revisions(),
                 .counters = header.counters()};
    progress_ = std::make_unique<Progress>(header.kept_revisions());
    return writer_.Begin(manifest_);
  }
  absl::Status End(const config_vault::v1::SnapshotTrailer& trailer) {
    is_whole_ = trailer.pieces() == digest_.pieces() && trailer.sha256() == digest_.bytes();
    if (is_whole_) return writer_.End();
    return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_SNAPSHOT",
                     "what the vault sent does not fit its trailer");
  }

  BackupWriter writer_;
  const std::string vault_;
  BackupManifest manifest_;
  ChainedDigest digest_;
  std::unique_ptr<Progress> progress_;
  bool is_whole_ = false;
};

absl::StatusOr<CheckedBackup> TakeInto(const std::string& file, const std::string& vault,
                                       Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, context.Clients());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto client, clients->Replication(vault));
  UNDERSTUDY_RETURN_IF_ERROR(CreateSecretFile(file));
  std::ofstream out(file, std::ios::binary);
  Taker taker(out, vault);
  UNDERSTUDY_RETURN_IF_ERROR(
      client->Snapshot([&](const SnapshotResponse& part) { return taker.Take(part); }));
  return taker.Result();
}

absl::Status Backup(const Options& options, Context& context) {
  if (!options.overwrite && access(options.file.c_str(), F_OK) == 0) {
    return FileError(options.file, "is there already; add --overwrite to replace it");
  }
  std::string vault = options.from;
  if (vault.empty()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<VaultNode> nodes, AskVaults(context));
    UNDERSTUDY_ASSIGN_OR_RETURN(const VaultNode fullest, Fullest(nodes));
    vault = fullest.address;
  }
  // The name that was asked for is only ever a whole backup's.
  const std::string partial = options.file + ".partial";
  absl::StatusOr<CheckedBackup> backup = TakeInto(partial, vault, context);
  if (!backup.ok()) {
    (void)std::remove(partial.c_str());
    return backup.status();
  }
  UNDERSTUDY_RETURN_IF_ERROR(SyncAndRename(partial, options.file));
  PrintBackup(context, options.file, *backup);
  return absl::OkStatus();
}

}  // namespace

void AddVaultBackup(Verb& vault) {
  Verb backup = vault.Add("backup", "Back up everything, history included, while the vault runs",
                          "understudy vault backup site.vault\n"
                          "understudy vault backup site.vault --from 10.0.0.6:7102 --overwrite");
  auto options = std::make_shared<Options>();
  backup.Argument(options->file, "FILE", "where it goes; readable for its owner alone");
  backup.Option(options->from, "--from", "HOST:PORT",
                "the vault to take it from; else the one that holds the most");
  backup.Flag(options->overwrite, "--overwrite", "replace a file that is there");
  backup.OnRun([options](Context& context) { return Backup(*options, context); });
}

}  // namespace understudy::cli
