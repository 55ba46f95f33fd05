#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "cli/output/table.h"
#include "cli/verbs/duty_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using failover_orchestrator::v1::DutyStatus;

absl::StatusOr<DutyStatus> FindDuty(const failover_orchestrator::v1::GetStatusResponse& status,
                                    const std::string& id) {
  for (const DutyStatus& duty : status.duties()) {
    if (duty.duty().id() == id) return duty;
  }
  return MakeError(absl::StatusCode::kNotFound, "DUTY_NOT_FOUND", "there is no duty " + id);
}

void PrintDuty(const DutyStatus& duty, Context& context) {
  Table table({"DUTY", duty.duty().id()});
  const auto add = [&](const char* name, Cell value) {
    if (!value.text.empty()) table.AddRow({{name, Color::kDim}, std::move(value)});
  };
  add("runs on", RunsOnCell(duty));
  add("needs", CountsText(ToCounts(duty.duty().needs())));
  add("fencing", config_vault::v1::Fencing_Name(duty.duty().fencing()) == "FENCING_STRICT"
                     ? "strict"
                     : "overlap");
  add("document", duty.duty().document());
  add("revision", absl::StrCat(duty.document_revision()));
  add("sha-256", HashText(duty.document_sha256(), true));
  add("assignment", absl::StrCat(duty.duty().assignment().number(), ", epoch ",
                                 duty.duty().assignment().epoch()));
  for (const auto& spare : duty.spares()) {
    add("spare", absl::StrCat(spare.station_id(), ", ", spare.left_over(), " left over, ",
                              spare.staged() ? "staged" : "not staged"));
  }
  if (duty.has_failover()) add("failover", duty.failover().id());
  context.out() << table.Render(context.painter());
}

absl::Status Duties(const std::string& id, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto orchestrator, context.Orchestrator());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto status, orchestrator->GetStatus());
  if (!id.empty()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const DutyStatus duty, FindDuty(status, id));
    context.json() ? context.PrintJson(duty) : PrintDuty(duty, context);
    return absl::OkStatus();
  }
  if (context.json()) {
    context.PrintJson(status);
    return absl::OkStatus();
  }
  context.out() << DutyTable(status).Render(context.painter());
  PrintWarnings(status, context);
  return absl::OkStatus();
}

}  // namespace

void AddDuties(Verb& root) {
  Verb duties = root.Add("duties", "What is to be done, who does it, and who could",
                         "understudy duties\n"
                         "understudy duties gate\n"
                         "understudy duties -o json | jq -r '.warnings[]'");
  auto id = std::make_shared<std::string>();
  duties.OptionalArgument(*id, "DUTY", "only this one, in full");
  duties.OnRun([id](Context& context) { return Duties(*id, context); });
}

}  // namespace understudy::cli
