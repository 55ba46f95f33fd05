#include "cli/demo/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "cli/output/format.h"
#include "cli/output/proto_json.h"
#include "cli/output/proto_words.h"
#include "cli/output/table.h"

namespace understudy::cli {
namespace {

std::string Time(bool present, const google::protobuf::Duration& duration) {
  return present ? DurationText(ToDuration(duration)) : "";
}

Cell Outcome(const StepResult& result) {
  if (result.problem.empty()) return {"recovered", Color::kGreen};
  return {result.problem, Color::kRed};
}

}  // namespace

bool AllRecovered(const std::vector<StepResult>& results) {
  return !results.empty() && std::all_of(results.begin(), results.end(),
                                         [](const StepResult& r) { return r.problem.empty(); });
}

std::string ReportTable(const std::vector<StepResult>& results, const Painter& painter) {
  const auto right = Table::Align::kRight;
  Table table({"WHAT FAILED",
               "VERDICT",
               "DUTY",
               "TAKEN OVER BY",
               {"DETECT", right},
               {"DECIDE", right},
               {"CLAIM", right},
               {"ACTIVATE", right},
               {"RUNNING", right},
               {"RECOVERY", right},
               {"BOUND", right},
               "SHA-256 BEFORE",
               "SHA-256 AFTER",
               "OUTCOME"});
  for (const StepResult& result : results) {
    const auto& failover = result.failover;
    const auto& stages = failover.stages();
    const bool same = result.before == result.after;
    table.AddRow({result.what,
                  CauseWord(failover),
                  failover.duty_id(),
                  failover.to_station(),
                  Time(stages.has_detect(), stages.detect()),
                  Time(stages.has_decide(), stages.decide()),
                  Time(stages.has_claim(), stages.claim()),
                  Time(stages.has_activate(), stages.activate()),
                  Time(stages.has_running(), stages.running()),
                  {DurationText(result.recovery), Color::kBold},
                  absl::StrCat(DurationText(result.bound), " after ", result.since),
                  HashText(result.before),
                  {HashText(result.after), same ? Color::kPlain : Color::kRed},
                  Outcome(result)});
  }
  return table.Render(painter);
}

std::string ReportJson(const std::vector<StepResult>& results, const nlohmann::json& root) {
  nlohmann::json json;
  json["recovered"] = AllRecovered(results);
  json["steps"] = nlohmann::json::array();
  for (const StepResult& result : results) {
    json["steps"].push_back({{"what", result.what},
                             {"failover", nlohmann::json::parse(ProtoJson(result.failover))},
                             {"recovery_seconds", absl::ToDoubleSeconds(result.recovery)},
                             {"bound_seconds", absl::ToDoubleSeconds(result.bound)},
                             {"recovery_since", result.since},
                             {"sha256_before", HashText(result.before, true)},
                             {"sha256_after", HashText(result.after, true)},
                             {"problem", result.problem}});
  }
  if (!root.empty()) json["root"] = root;
  return json.dump(2) + "\n";
}

}  // namespace understudy::cli
