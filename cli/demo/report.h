#ifndef UNDERSTUDY_CLI_DEMO_REPORT_H_
#define UNDERSTUDY_CLI_DEMO_REPORT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/output/color.h"
#include "understudy/config_vault/v1/registry.pb.h"

namespace understudy::cli {

// What came of one of the demonstration's failures.
struct StepResult {
  // "kill -9 of gate-1".
  std::string what;
  config_vault::v1::Failover failover;
  // The time that counts, from what `since` names, and its bound.
  absl::Duration recovery;
  absl::Duration bound;
  std::string since = "verdict";
  // SHA-256, 32 bytes: of the document before, and of what runs after.
  std::string before;
  std::string after;
  // Empty: all is as it should be.
  std::string problem;
};

bool AllRecovered(const std::vector<StepResult>& results);

// The closing table.
std::string ReportTable(const std::vector<StepResult>& results, const Painter& painter);

// The same for programs: {"recovered": true, "steps": [...], "root": [...]}. `root`: what came of
// the failures of control nodes, where some were made.
std::string ReportJson(const std::vector<StepResult>& results, const nlohmann::json& root);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_REPORT_H_
