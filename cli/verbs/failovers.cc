#include <memory>

#include "cli/context.h"
#include "cli/verbs/failover_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using failover_orchestrator::v1::ListFailoversRequest;
using failover_orchestrator::v1::WatchFailoversResponse;

absl::Status List(uint64_t limit, Context& context) {
  ListFailoversRequest request;
  request.set_page_size(static_cast<uint32_t>(limit));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto orchestrator, context.Orchestrator());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, orchestrator->ListFailovers(request));
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  if (response.failovers().empty()) {
    context.err() << "No failover yet.\n";
    return absl::OkStatus();
  }
  Table table = FailoverTable();
  for (const auto& failover : response.failovers()) AddFailover(table, failover);
  context.out() << table.Render(context.painter());
  return absl::OkStatus();
}

absl::Status Show(const std::string& id, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto orchestrator, context.Orchestrator());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, orchestrator->GetFailover(id));
  if (context.json()) {
    context.PrintJson(response.failover());
  } else {
    context.out() << FailoverDetails(response.failover()).Render(context.painter());
  }
  return absl::OkStatus();
}

absl::Status Watch(uint64_t count, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto orchestrator, context.Orchestrator());
  uint64_t shown = 0;
  return orchestrator->WatchFailovers([&](const WatchFailoversResponse& event) {
    if (context.json()) {
      context.PrintJsonLine(event.failover());
    } else {
      context.out() << FailoverLine(event.failover(), context.painter()) << std::flush;
    }
    return ++shown != count;
  });
}

}  // namespace

void AddFailovers(Verb& root) {
  Verb failovers = root.Add("failovers", "What failed, who took over, and how fast",
                            "understudy failovers list\n"
                            "understudy failovers show gate-1\n"
                            "understudy failovers watch -o json");
  failovers.NeedsVerb();
  Verb list =
      failovers.Add("list", "List failovers, newest first", "understudy failovers list --limit 10");
  auto limit = std::make_shared<uint64_t>(50);
  list.Number(*limit, "--limit", 1, 1000, "at most so many");
  list.OnRun([limit](Context& context) { return List(*limit, context); });

  Verb show = failovers.Add("show", "Show one in full", "understudy failovers show gate-1");
  auto id = std::make_shared<std::string>();
  show.Argument(*id, "ID", "as `failovers list` shows it");
  show.OnRun([id](Context& context) { return Show(*id, context); });

  Verb watch = failovers.Add("watch", "Print failovers as they happen, until Ctrl-C",
                             "understudy failovers watch\n"
                             "understudy failovers watch -o json --count 1");
  auto count = std::make_shared<uint64_t>(0);
  watch.Option(*count, "--count", "N", "end after so many changes; 0: never");
  watch.OnRun([count](Context& context) { return Watch(*count, context); });
}

}  // namespace understudy::cli
