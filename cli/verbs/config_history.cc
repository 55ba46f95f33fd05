#include <algorithm>
#include <memory>

#include "cli/context.h"
#include "cli/verbs/document_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

struct Options {
  std::string name;
  uint64_t limit = 50;
};

constexpr uint64_t kMaxLimit = 1000;

absl::Status History(const Options& options, Context& context) {
  config_vault::v1::HistoryRequest request;
  request.set_name(options.name);
  request.set_page_size(static_cast<uint32_t>(options.limit));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault->History(request));
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  Table table = DocumentTable();
  for (const auto& info : response.revisions()) AddDocument(table, info);
  context.out() << table.Render(context.painter());
  if (!response.next_page_token().empty()) {
    context.err() << "There are older ones: --limit shows more.\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddConfigHistory(Verb& config) {
  Verb history = config.Add("history", "List a document's revisions, newest first",
                            "understudy config history duties/gate");
  auto options = std::make_shared<Options>();
  history.Argument(options->name, "NAME", "the document, e.g. duties/gate");
  history.Number(options->limit, "--limit", 1, kMaxLimit, "at most so many");
  history.OnRun([options](Context& context) { return History(*options, context); });
}

}  // namespace understudy::cli
