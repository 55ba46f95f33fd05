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
  std::optional<uint64_t> expected_revision;
  std::string author = DefaultAuthor();
  std::string comment;
};

absl::Status Delete(const Options& options, Context& context) {
  config_vault::v1::DeleteRequest request;
  request.set_name(options.name);
  request.set_author(options.author);
  request.set_comment(options.comment);
  if (options.expected_revision.has_value()) {
    request.set_expected_revision(*options.expected_revision);
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault->Delete(request));
  if (context.json()) {
    context.PrintJson(response);
  } else {
    context.out() << DocumentLine(response.info());
  }
  return absl::OkStatus();
}

}  // namespace

void AddConfigDelete(Verb& config) {
  Verb remove = config.Add("delete", "Mark a document as deleted; its history stays",
                           "understudy config delete maps/site.png");
  auto options = std::make_shared<Options>();
  remove.Argument(options->name, "NAME", "the document, e.g. maps/site.png");
  remove.Option(options->expected_revision, "--expect-revision", "N",
                "only if N is the latest revision");
  remove.Option(options->author, "--author", "TEXT", "who does it");
  remove.Option(options->comment, "--comment", "TEXT", "one line about it");
  remove.OnRun([options](Context& context) { return Delete(*options, context); });
}

}  // namespace understudy::cli
