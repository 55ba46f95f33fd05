#include <memory>

#include "cli/context.h"
#include "cli/verbs/document_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using Options = DocumentListing;

absl::Status List(const Options& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, ListAllDocuments(options, *vault));
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  if (options.stale) context.err() << DataAgeLine(response);
  if (response.documents().empty()) {
    context.err() << "No document"
                  << (options.prefix.empty() ? "" : " begins with " + options.prefix) << ".\n";
    return absl::OkStatus();
  }
  Table table = DocumentTable();
  for (const auto& info : response.documents()) AddDocument(table, info);
  context.out() << table.Render(context.painter());
  return absl::OkStatus();
}

}  // namespace

void AddConfigList(Verb& config) {
  Verb list = config.Add("list", "List documents by name",
                         "understudy config list\n"
                         "understudy config list duties/ -o json");
  auto options = std::make_shared<Options>();
  list.OptionalArgument(options->prefix, "PREFIX", "only names that begin with it");
  list.Flag(options->deleted, "--deleted", "also those that were deleted");
  list.Flag(options->stale, "--stale", kStaleHelp);
  list.OnRun([options](Context& context) { return List(*options, context); });
}

}  // namespace understudy::cli
