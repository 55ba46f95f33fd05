// Kills stations one after the other and says how long their duties were without one. Everything is
// real: processes, shared memory, TLS, synced writes. See README.md.

#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_format.h"
#include "bench/failover/idle_cost.h"
#include "bench/failover/percentiles.h"
#include "cli/clients/clients.h"
#include "cli/demo/stage.h"
#include "cli/local_fleet/fleet_paths.h"
#include "cli/local_fleet/interrupt.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/output/format.h"
#include "cli/output/progress.h"
#include "cli/output/proto_words.h"
#include "cli/output/table.h"
#include "common/status/status.h"

ABSL_FLAG(int, failovers, 200, "how many stations to fail");
ABSL_FLAG(int, idle_seconds, 60, "how long to watch idle agents; 0: not at all");
ABSL_FLAG(bool, drill, false, "planned failovers instead of kill -9: no time to detect");
ABSL_FLAG(bool, insecure, false, "without TLS");
ABSL_FLAG(std::string, directory, "", "where the vault's data lies; default: under /tmp");
ABSL_FLAG(std::string, binaries, "", "the services' programs; default: beside this one");
ABSL_FLAG(std::string, documents, "", "station configurations; default: tests/data");

namespace understudy::bench {
namespace {

using cli::Cell;
using cli::DurationText;
using cli::Table;
using config_vault::v1::StageTimes;

constexpr absl::Duration kPatience = absl::Seconds(60);

// What is measured, by stage.
struct Samples {
  std::vector<absl::Duration> detect, decide, claim, activate, running, recovery;
  int identical = 0;
  int failovers = 0;

  void Add(const cli::StepResult& result) {
    const StageTimes& stages = result.failover.stages();
    if (stages.has_detect()) detect.push_back(cli::ToDuration(stages.detect()));
    decide.push_back(cli::ToDuration(stages.decide()));
    claim.push_back(cli::ToDuration(stages.claim()));
    activate.push_back(cli::ToDuration(stages.activate()));
    running.push_back(cli::ToDuration(stages.running()));
    recovery.push_back(cli::ToDuration(stages.recovery()));
    identical += result.problem.empty() ? 1 : 0;
    ++failovers;
  }
};

// One duty, and three stations that can all run it.
std::vector<cli::StationSpec> Stations(const cli::StationDocuments& documents) {
  std::vector<cli::StationSpec> stations = *cli::DeploymentStations(documents, 1);
  for (const char* id : {"spare-1", "spare-2"}) {
    cli::StationSpec spare = stations.front();
    spare.id = id;
    spare.duty.reset();
    spare.document.clear();
    stations.push_back(spare);
  }
  return stations;
}

absl::Status Fail(cli::Stage& stage, const std::string& station) {
  if (!absl::GetFlag(FLAGS_drill)) return stage.SignalStation(station, SIGKILL);
  failover_orchestrator::v1::DrillRequest request;
  request.set_station_id(station);
  return stage.orchestrator().Drill(request).status();
}

absl::Status OneFailover(cli::Stage& stage, Samples& samples) {
  const std::string station = stage.RunsOn("gate");
  UNDERSTUDY_RETURN_IF_ERROR(Fail(stage, station));
  UNDERSTUDY_ASSIGN_OR_RETURN(const cli::StepResult result,
                              stage.AwaitMove("gate", station, kPatience, kPatience));
  samples.Add(result);
  if (!result.problem.empty()) std::cerr << station << ": " << result.problem << "\n";
  if (!absl::GetFlag(FLAGS_drill)) UNDERSTUDY_RETURN_IF_ERROR(stage.RestartStation(station));
  return stage.AwaitSpare(station, kPatience);
}

void AddStage(Table& table, const char* name, const std::vector<absl::Duration>& times) {
  if (times.empty()) return;
  const Percentiles p = PercentilesOf(times);
  table.AddRow(
      {name, DurationText(p.p50), DurationText(p.p90), DurationText(p.p99), DurationText(p.max)});
}

void PrintSamples(const Samples& samples, size_t document_bytes) {
  const auto right = Table::Align::kRight;
  Table table({"STAGE", {"P50", right}, {"P90", right}, {"P99", right}, {"MAX", right}});
  AddStage(table, "detect", samples.detect);
  AddStage(table, "decide", samples.decide);
  AddStage(table, "claim", samples.claim);
  AddStage(table, "activate", samples.activate);
  AddStage(table, "running", samples.running);
  AddStage(table, "recovery after the verdict", samples.recovery);
  std::cout << samples.failovers << " failovers of a document of " << document_bytes << " bytes"
            << (absl::GetFlag(FLAGS_drill) ? ", drills" : ", by kill -9")
            << (absl::GetFlag(FLAGS_insecure) ? ", without TLS" : ", with TLS") << "\n"
            << table.Render(cli::Painter(false)) << "identical documents: " << samples.identical
            << " of " << samples.failovers << "\n"
            << std::flush;
}

void PrintIdle(const cli::LocalFleet& fleet, const std::vector<cli::StationSpec>& stations) {
  const int seconds = absl::GetFlag(FLAGS_idle_seconds);
  if (seconds <= 0) return;
  std::vector<cli::ProcessId> agents;
  for (const cli::StationSpec& station : stations) {
    agents.push_back(fleet.processes().at(cli::AgentName(station.id)).id);
  }
  const IdleCost cost = MeasureIdle(agents, absl::Seconds(seconds));
  std::cout << "idle agents, beats every 100 ms, over " << seconds << " s: "
            << absl::StrFormat("%.2f %% of one core (worst %.2f %%), resident %s\n",
                               cost.mean_cpu_percent, cost.worst_cpu_percent,
                               cli::SizeText(cost.worst_resident_bytes))
            << std::flush;
}

absl::StatusOr<cli::LocalFleet> MakeFleet(const std::string& directory) {
  cli::FleetOptions options;
  options.directory = directory;
  UNDERSTUDY_ASSIGN_OR_RETURN(options.binaries, cli::BinariesIn(absl::GetFlag(FLAGS_binaries)));
  options.settings.insecure = absl::GetFlag(FLAGS_insecure);
  options.dies_with_parent = true;
  return cli::LocalFleet::Create(std::move(options));
}

absl::Status Measure(cli::LocalFleet& fleet, const std::vector<cli::StationSpec>& stations,
                     const cli::Interrupt& interrupt) {
  UNDERSTUDY_RETURN_IF_ERROR(fleet.StartControlNode());
  UNDERSTUDY_RETURN_IF_ERROR(fleet.StartStations(stations));
  const auto clients = cli::MakeGrpcClients({.tls = fleet.site().tls});
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const auto stage,
      cli::Stage::Open(fleet, *clients, stations, {}, [&] { return interrupt.requested(); }));
  UNDERSTUDY_RETURN_IF_ERROR(stage->AwaitReady(stations, kPatience));
  PrintIdle(fleet, stations);
  Samples samples;
  const int count = absl::GetFlag(FLAGS_failovers);
  {
    cli::Progress progress(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      progress.Step("failovers");
      UNDERSTUDY_RETURN_IF_ERROR(OneFailover(*stage, samples));
    }
  }
  if (count > 0) PrintSamples(samples, stage->OriginalDocument("gate").size());
  if (samples.identical == samples.failovers) return absl::OkStatus();
  return absl::DataLossError("not every document was identical");
}

// Watching costs processor time, too, and on a small machine the fleet would wait for it: this
// process runs only when nothing else wants to.
void GiveWay() {
  const sched_param none = {};
  (void)sched_setscheduler(0, SCHED_IDLE, &none);
}

absl::Status Run() {
  GiveWay();
  const cli::Interrupt interrupt;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string data,
                              cli::DocumentsDirectory(absl::GetFlag(FLAGS_documents)));
  UNDERSTUDY_ASSIGN_OR_RETURN(const cli::StationDocuments documents,
                              cli::ReadStationDocuments(data));
  const std::vector<cli::StationSpec> stations = Stations(documents);
  std::string directory = absl::GetFlag(FLAGS_directory);
  char name[] = "/tmp/understudy-bench-XXXXXX";
  if (directory.empty() && mkdtemp(name) != nullptr) directory = name;
  UNDERSTUDY_ASSIGN_OR_RETURN(cli::LocalFleet fleet, MakeFleet(directory));
  const absl::Status status = Measure(fleet, stations, interrupt);
  fleet.Stop();
  if (status.ok() && absl::GetFlag(FLAGS_directory).empty()) {
    std::filesystem::remove_all(directory);
  }
  return status;
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Measures failovers on a local fleet of real processes.");
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = understudy::bench::Run();
  if (!status.ok()) std::cerr << "failover_bench: " << status << "\n";
  return status.ok() ? 0 : 1;
}
