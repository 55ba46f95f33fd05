#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/progress.h"
#include "cli/verbs/vault_manifest.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

struct Options {
  std::string file;
};

absl::Status Check(const Options& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const CheckedBackup backup, CheckBackup(options.file));
  PrintBackup(context, options.file, backup);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CheckedBackup> CheckBackup(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) {
    return MakeError(absl::StatusCode::kNotFound, "FILE_NOT_READABLE", file + " cannot be read");
  }
  Progress progress(static_cast<size_t>(std::max<std::streamoff>(in.tellg(), 0)));
  in.seekg(0);
  BackupReader reader(in, file);
  CheckedBackup checked;
  UNDERSTUDY_ASSIGN_OR_RETURN(checked.manifest, reader.Begin());
  while (true) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto piece, reader.NextPiece());
    if (!piece.has_value()) break;
    progress.Reach(reader.bytes(), "bytes of " + file + " checked");
  }
  checked.pieces = reader.pieces();
  checked.bytes = reader.bytes();
  return checked;
}

void PrintBackup(Context& context, const std::string& file, const CheckedBackup& backup) {
  const BackupManifest& manifest = backup.manifest;
  if (context.json()) {
    const nlohmann::json json = {
        {"file", file},
        {"format", 1},
        {"made_at", absl::FormatTime(absl::RFC3339_full, manifest.made_at, absl::UTCTimeZone())},
        {"vault", manifest.vault},
        {"epoch", manifest.epoch},
        {"revision", manifest.revision},
        {"documents", manifest.documents},
        {"kept_revisions", manifest.kept_revisions},
        {"pieces", backup.pieces},
        {"bytes", backup.bytes}};
    context.out() << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return;
  }
  context.out() << Printable(file) << ": " << Plural(manifest.documents, "document") << ", "
                << Plural(manifest.kept_revisions, "revision") << " kept, at revision "
                << manifest.revision << " under epoch " << manifest.epoch << ", made "
                << TimeText(manifest.made_at) << " from " << Printable(manifest.vault) << "; "
                << SizeText(backup.bytes) << " in " << Plural(backup.pieces, "piece")
                << ", whole and unaltered.\n";
}

void AddVaultCheck(Verb& vault) {
  Verb check = vault.Add("check", "Read a backup from end to end and say what is in it",
                         "understudy vault check site.vault\n"
                         "understudy vault check site.vault -o json");
  auto options = std::make_shared<Options>();
  check.Argument(options->file, "FILE", "the backup");
  check.OnRun([options](Context& context) { return Check(*options, context); });
}

}  // namespace understudy::cli
