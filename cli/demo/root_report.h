#ifndef UNDERSTUDY_CLI_DEMO_ROOT_REPORT_H_
#define UNDERSTUDY_CLI_DEMO_ROOT_REPORT_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/output/color.h"

namespace understudy::cli {

// What came of one failure of the control nodes.
struct RootStepResult {
  // "kill -9 of all of control-1".
  std::string what;
  std::string root_before;
  std::string root_after;
  uint64_t epoch_before = 0;
  uint64_t epoch_after = 0;
  // From the failure to the next acknowledged write, and its bound.
  absl::Duration next_write;
  absl::Duration bound;
  // Empty: all is as it should be.
  std::string problem;
};

bool AllSurvived(const std::vector<RootStepResult>& results);

std::string RootReportTable(const std::vector<RootStepResult>& results, const Painter& painter);

// A list of objects, for the demonstration's JSON.
nlohmann::json RootReportJson(const std::vector<RootStepResult>& results);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_ROOT_REPORT_H_
