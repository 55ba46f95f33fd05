#include <memory>

#include "cli/context.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/verbs/failover_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

struct Options {
  std::string station;
  bool dry_run = false;
};

absl::Status Drill(const Options& options, Context& context) {
  failover_orchestrator::v1::DrillRequest request;
  request.set_station_id(options.station);
  request.set_dry_run(options.dry_run);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto orchestrator, context.Orchestrator());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, orchestrator->Drill(request));
  const config_vault::v1::Failover& failover = response.failover();
  if (context.json()) {
    context.PrintJson(failover);
  } else if (options.dry_run) {
    context.out() << Printable(failover.to_station()) << " would take "
                  << Printable(failover.duty_id()) << " over, revision "
                  << failover.document_revision() << ", sha-256 "
                  << HashText(failover.document_sha256()) << ". Nothing was done.\n";
  } else {
    context.out() << FailoverLine(failover, context.painter());
  }
  return absl::OkStatus();
}

}  // namespace

void AddDrill(Verb& root) {
  Verb drill = root.Add("drill", "A planned failover: moves a healthy station's duty to a backup",
                        "understudy drill gate-1 --dry-run\n"
                        "understudy drill gate-1");
  auto options = std::make_shared<Options>();
  drill.Argument(options->station, "STATION", "whose duty is to move");
  drill.Flag(options->dry_run, "--dry-run", "only say what would happen");
  drill.OnRun([options](Context& context) { return Drill(*options, context); });
}

}  // namespace understudy::cli
