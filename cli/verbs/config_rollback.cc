#include <memory>
#include <optional>

#include "cli/context.h"
#include "cli/verbs/document_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

struct Options {
  std::string name;
  uint64_t revision = 0;
  std::optional<uint64_t> expected_revision;
  std::string author = DefaultAuthor();
  std::string comment;
};

absl::Status Rollback(const Options& options, Context& context) {
  config_vault::v1::RollbackRequest request;
  request.set_name(options.name);
  request.set_revision(options.revision);
  request.set_author(options.author);
  request.set_comment(options.comment);
  if (options.expected_revision.has_value()) {
    request.set_expected_revision(*options.expected_revision);
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault->Rollback(request));
  if (context.json()) {
    context.PrintJson(response);
  } else {
    context.out() << DocumentLine(response.info());
  }
  return absl::OkStatus();
}

}  // namespace

void AddConfigRollback(Verb& config) {
  Verb rollback = config.Add("rollback", "Store the content of an older revision as a new one",
                             "understudy config rollback duties/gate 7\n"
                             "understudy config rollback duties/gate 7 --expect-revision 12");
  auto options = std::make_shared<Options>();
  rollback.Argument(options->name, "NAME", "the document, e.g. duties/gate");
  rollback.Argument(options->revision, "REVISION", "whose content comes back");
  rollback.Option(options->expected_revision, "--expect-revision", "N",
                  "only if N is the latest revision");
  rollback.Option(options->author, "--author", "TEXT", "who does it");
  rollback.Option(options->comment, "--comment", "TEXT", "one line about it");
  rollback.OnRun([options](Context& context) { return Rollback(*options, context); });
}

}  // namespace understudy::cli
