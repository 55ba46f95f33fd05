#ifndef UNDERSTUDY_CLI_DEMO_DEMO_H_
#define UNDERSTUDY_CLI_DEMO_DEMO_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/clients/clients.h"
#include "cli/demo/report.h"
#include "cli/demo/stage.h"
#include "cli/demo/timeline.h"

namespace understudy::cli {

// How long a duty may be without its station, in the demonstration. Generous against what is usual
// (milliseconds), so that a busy laptop passes; far below what a person would notice.
struct DemoBounds {
  // From the verdict to "running".
  absl::Duration after_verdict = absl::Seconds(1);
  // From a fitting backup's joining to "running", where none was there before.
  absl::Duration after_join = absl::Seconds(5);
  // From the orchestrator's start to "running", where it was killed on the way.
  absl::Duration after_restart = absl::Seconds(10);
  // Until anything that must happen has happened at all.
  absl::Duration patience = absl::Seconds(60);
};

// The main job, in six chapters: stations fail in every way that a site knows, and their duties
// live on. Needs the stations of DeploymentStations(>= 4) and Backups(>= 3), all ready. A chapter
// that goes wrong ends the demonstration with an error.
class Demo {
 public:
  // `orchestrator` names the process of the one that acts now.
  Demo(Stage& stage, Timeline& timeline, const DemoBounds& bounds,
       std::function<std::string()> orchestrator)
      : stage_(stage),
        timeline_(timeline),
        bounds_(bounds),
        orchestrator_(std::move(orchestrator)) {}

  absl::Status Run();

  const std::vector<StepResult>& results() const { return results_; }
  // Those that fail or are made to do anything; all others are bystanders.
  const std::vector<std::string>& actors() const { return actors_; }

 private:
  absl::Status StationIsKilled();
  absl::Status StationFreezes();
  absl::Status MemoryRunsOut();
  absl::Status NoBackupFits();
  absl::Status OrchestratorIsKilled();
  absl::Status StationLeaves();

  // Names the station as one that is no bystander any more.
  void Touch(const std::string& station) { actors_.push_back(station); }
  void Record(StepResult result);
  absl::Status AwaitMove(const std::string& duty, const std::string& what);
  absl::Status AwaitSpare(const std::string& station);
  // Kills the orchestrator the moment that it has claimed the duty; returns when it is dead, with
  // the name of its process.
  absl::StatusOr<std::string> KillOrchestratorOnClaim(const std::string& duty);

  Stage& stage_;
  Timeline& timeline_;
  const DemoBounds bounds_;
  const std::function<std::string()> orchestrator_;
  std::vector<StepResult> results_;
  std::vector<std::string> actors_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_DEMO_H_
