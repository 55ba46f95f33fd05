#include <fstream>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/output/format.h"
#include "cli/output/progress.h"
#include "cli/verbs/vault_manifest.h"
#include "cli/verbs/vault_nodes.h"
#include "cli/verbs/verbs.h"
#include "common/document/chained_digest.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using config_vault::v1::RestoreRequest;

struct Options {
  std::string file;
  bool replace = false;
  bool yes = false;
};

// A backup's records as the parts of a restore: header, pieces, trailer.
class Parts {
 public:
  Parts(std::istream& in, const std::string& name, bool replace)
      : reader_(in, name), replace_(replace) {}

  absl::StatusOr<std::optional<RestoreRequest>> Next() {
    if (ended_) return std::optional<RestoreRequest>();
    RestoreRequest part;
    if (!std::exchange(begun_, true)) {
      UNDERSTUDY_ASSIGN_OR_RETURN(const BackupManifest manifest, reader_.Begin());
      part.mutable_header()->set_counters(manifest.counters);
      part.mutable_header()->set_epoch(manifest.epoch);
      part.mutable_header()->set_replace(replace_);
      return std::make_optional(std::move(part));
    }
    UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<std::string> piece, reader_.NextPiece());
    if (piece.has_value()) {
      digest_.Add(*piece);
      part.set_piece(*std::move(piece));
    } else {
      ended_ = true;
      part.mutable_trailer()->set_pieces(digest_.pieces());
      part.mutable_trailer()->set_sha256(digest_.bytes());
    }
    return std::make_optional(std::move(part));
  }

 private:
  BackupReader reader_;
  const bool replace_;
  ChainedDigest digest_;
  bool begun_ = false;
  bool ended_ = false;
};

absl::StatusOr<config_vault::v1::RestoreResult> Send(const Options& options,
                                                     const CheckedBackup& backup,
                                                     Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string root, RootVault(context));
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, context.Clients());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto client, clients->Replication(root));
  std::ifstream in(options.file, std::ios::binary);
  Parts parts(in, options.file, options.replace);
  Progress progress(backup.pieces);
  return client->Restore([&] { return parts.Next(); },
                         [&](uint64_t taken) { progress.Reach(taken, "pieces taken"); });
}

absl::Status Restore(const Options& options, Context& context) {
  // From end to end, before the vault hears of it.
  UNDERSTUDY_ASSIGN_OR_RETURN(const CheckedBackup backup, CheckBackup(options.file));
  if (options.replace && !options.yes) {
    UNDERSTUDY_RETURN_IF_ERROR(Confirm(
        context, absl::StrCat("Everything that the vault holds, with its history, gives way to the "
                              "backup of ", TimeText(backup.manifest.made_at), ".")));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto result, Send(options, backup, context));
  if (context.json()) {
    context.PrintJson(result);
    return absl::OkStatus();
  }
  context.out() << "Restored: the vault holds " << Plural(result.documents(), "document") << " and "
                << Plural(result.kept_revisions(), "revision") << ", is at revision "
                << result.revision() << " under epoch " << result.epoch() << ".\n";
  return absl::OkStatus();
}

}  // namespace

void AddVaultRestore(Verb& vault) {
  Verb restore = vault.Add("restore", "Restore a backup into an empty vault, or in place of all",
                           "understudy vault restore site.vault\n"
                           "understudy vault restore site.vault --replace --yes");
  auto options = std::make_shared<Options>();
  restore.Argument(options->file, "FILE", "the backup");
  restore.Flag(options->replace, "--replace", "also into a vault that holds something: it goes");
  restore.Flag(options->yes, "--yes", "do not ask");
  restore.OnRun([options](Context& context) { return Restore(*options, context); });
}

}  // namespace understudy::cli
