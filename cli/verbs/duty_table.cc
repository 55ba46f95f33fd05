#include "cli/verbs/duty_table.h"

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"

namespace understudy::cli {
namespace {

using config_vault::v1::Assignment;
using failover_orchestrator::v1::DutyStatus;

// Best first, those that hold the document already unmarked.
Cell SparesCell(const DutyStatus& duty) {
  std::string spares;
  for (const auto& spare : duty.spares()) {
    absl::StrAppend(&spares, spares.empty() ? "" : ", ", spare.station_id(),
                    spare.staged() ? "" : " (not staged)");
  }
  return spares.empty() ? Cell("none", Color::kRed) : Cell(spares);
}

}  // namespace

Cell RunsOnCell(const DutyStatus& duty) {
  const Assignment& assignment = duty.duty().assignment();
  if (assignment.station_id().empty()) return {"nobody", Color::kRed};
  if (assignment.state() == Assignment::STATE_RUNNING) {
    return {assignment.station_id(), Color::kGreen};
  }
  return {assignment.station_id() + " (claimed)", Color::kYellow};
}

Table DutyTable(const failover_orchestrator::v1::GetStatusResponse& status) {
  Table table({"DUTY", "RUNS ON", {"REVISION", Table::Align::kRight}, "SHA-256", "SPARES"});
  for (const DutyStatus& duty : status.duties()) {
    table.AddRow({duty.duty().id(), RunsOnCell(duty), absl::StrCat(duty.document_revision()),
                  HashText(duty.document_sha256()), SparesCell(duty)});
  }
  return table;
}

void PrintWarnings(const failover_orchestrator::v1::GetStatusResponse& status, Context& context) {
  for (const std::string& warning : status.warnings()) {
    context.out() << context.painter().Paint(Color::kYellow, "! " + Printable(warning)) << "\n";
  }
}

}  // namespace understudy::cli
