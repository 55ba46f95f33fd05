#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/output/display_width.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using config_vault::v1::Change;

struct Options {
  std::string name;
  uint64_t from = 0;
  uint64_t to = 0;
};

void PrintChange(const Change& change, const Painter& painter, std::ostream& out) {
  const std::string path =
      change.path().empty() ? "(the whole document)" : Printable(change.path());
  out << path << "\n";
  if (change.kind() != Change::KIND_ADDED) {
    out << painter.Paint(Color::kRed, "  - " + Printable(change.before())) << "\n";
  }
  if (change.kind() != Change::KIND_REMOVED) {
    out << painter.Paint(Color::kGreen, "  + " + Printable(change.after())) << "\n";
  }
}

absl::Status Diff(const Options& options, Context& context) {
  config_vault::v1::DiffRequest request;
  request.set_name(options.name);
  request.set_from_revision(options.from);
  request.set_to_revision(options.to);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault->Diff(request));
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  const Painter painter = context.painter();
  context.out() << painter.Paint(Color::kBold,
                                 absl::StrCat(Printable(response.to().name()), ", revision ",
                                              response.from().revision(), " to ",
                                              response.to().revision(), ":"))
                << "\n";
  for (const Change& change : response.changes()) PrintChange(change, painter, context.out());
  if (response.opaque_difference()) context.out() << "The bytes differ.\n";
  if (response.changes().empty() && !response.opaque_difference()) {
    context.out() << "No difference.\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddConfigDiff(Verb& config) {
  Verb diff = config.Add("diff", "Compare two revisions of a document",
                         "understudy config diff duties/gate\n"
                         "understudy config diff duties/gate --from 7 --to 12");
  auto options = std::make_shared<Options>();
  diff.Argument(options->name, "NAME", "the document, e.g. duties/gate");
  diff.Option(options->from, "--from", "N", "0: the one before --to");
  diff.Option(options->to, "--to", "N", "0: the latest");
  diff.OnRun([options](Context& context) { return Diff(*options, context); });
}

}  // namespace understudy::cli
