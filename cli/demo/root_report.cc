#include "cli/demo/root_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "cli/output/format.h"
#include "cli/output/table.h"

namespace understudy::cli {

bool AllSurvived(const std::vector<RootStepResult>& results) {
  return std::all_of(results.begin(), results.end(),
                     [](const RootStepResult& r) { return r.problem.empty(); });
}

std::string RootReportTable(const std::vector<RootStepResult>& results, const Painter& painter) {
  const auto right = Table::Align::kRight;
  Table table({"WHAT FAILED",
               "ROOT BEFORE",
               {"EPOCH", right},
               "ROOT AFTER",
               {"EPOCH", right},
               {"NEXT WRITE", right},
               {"BOUND", right},
               "OUTCOME"});
  for (const RootStepResult& result : results) {
    const bool well = result.problem.empty();
    table.AddRow({result.what,
                  result.root_before,
                  absl::StrCat(result.epoch_before),
                  result.root_after,
                  absl::StrCat(result.epoch_after),
                  {DurationText(result.next_write), Color::kBold},
                  DurationText(result.bound),
                  {well ? "survived" : result.problem, well ? Color::kGreen : Color::kRed}});
  }
  return table.Render(painter);
}

nlohmann::json RootReportJson(const std::vector<RootStepResult>& results) {
  nlohmann::json json = nlohmann::json::array();
  for (const RootStepResult& result : results) {
    json.push_back({{"what", result.what},
                    {"root_before", result.root_before},
                    {"root_after", result.root_after},
                    {"epoch_before", result.epoch_before},
                    {"epoch_after", result.epoch_after},
                    {"next_write_seconds", absl::ToDoubleSeconds(result.next_write)},
                    {"bound_seconds", absl::ToDoubleSeconds(result.bound)},
                    {"problem", result.problem}});
  }
  return json;
}

}  // namespace understudy::cli
