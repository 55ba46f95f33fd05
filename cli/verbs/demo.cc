#include "cli/demo/demo.h"

#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/demo/narrator.h"
#include "cli/demo/report.h"
#include "cli/demo/root_finder.h"
#include "cli/demo/root_story.h"
#include "cli/demo/stage.h"
#include "cli/demo/timeline.h"
#include "cli/local_fleet/fleet_paths.h"
#include "cli/local_fleet/interrupt.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/local_fleet/wait.h"
#include "cli/output/format.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr uint64_t kLeastStations = 4;
constexpr uint64_t kLeastBackups = 3;
constexpr uint64_t kMostStations = 100;
constexpr absl::Duration kReadyTimeout = absl::Seconds(60);
// How long a control node that may be frozen is waited for.
constexpr absl::Duration kQuick = absl::Milliseconds(300);
// The six of the stations come first.
constexpr int kFirstRootChapter = 7;

struct Options {
  uint64_t stations = kLeastStations;
  uint64_t backups = kLeastBackups;
  uint64_t control_nodes = 1;
  bool keep = false;
  uint64_t missed_beats_limit = 3;
  absl::Duration bound = DemoBounds().after_verdict;
  std::string binaries;
  std::string documents;
};

// With --keep under the site's directory, so that the fleet can be found again; else a temporary
// one, short enough for the sockets in it.
absl::StatusOr<std::string> Directory(const Options& options, const Context& context) {
  if (options.keep) {
    const std::string directory = context.options().site + "/demo";
    UNDERSTUDY_RETURN_IF_ERROR(RemoveSite(directory));
    return directory;
  }
  char name[] = "/tmp/understudy-demo-XXXXXX";
  if (mkdtemp(name) == nullptr) return absl::InternalError("cannot make a directory under /tmp");
  return std::string(name);
}

absl::StatusOr<std::vector<StationSpec>> Stations(const Options& options, const std::string& home) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string directory,
                              DocumentsDirectory(options.documents, home));
  UNDERSTUDY_ASSIGN_OR_RETURN(const StationDocuments documents, ReadStationDocuments(directory));
  UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<StationSpec> stations,
                              DeploymentStations(documents, options.stations));
  const std::vector<StationSpec> backups = Backups(options.backups);
  stations.insert(stations.end(), backups.begin(), backups.end());
  return stations;
}

absl::StatusOr<LocalFleet> MakeFleet(const Options& options, const std::string& directory,
                                     Context& context) {
  FleetOptions fleet;
  fleet.directory = directory;
  UNDERSTUDY_ASSIGN_OR_RETURN(fleet.binaries, BinariesIn(options.binaries));
  fleet.settings.insecure = context.options().insecure;
  fleet.settings.missed_beats_limit = static_cast<int>(options.missed_beats_limit);
  fleet.dies_with_parent = !options.keep;
  return LocalFleet::Create(std::move(fleet));
}

// Everything between the fleet's start and its end.
class Performance {
 public:
  Performance(LocalFleet& fleet, uint64_t control_nodes,
              const std::vector<StationSpec>& stations, Timeline& timeline,
              const DemoBounds& bounds, const Interrupt& interrupt)
      : fleet_(fleet),
        control_nodes_(control_nodes),
        stations_(stations),
        timeline_(timeline),
        bounds_(bounds),
        interrupt_(interrupt) {}

  // `quick` makes clients that give up soon.
  absl::Status Run(ClientFactory& clients, ClientFactory& quick) {
    UNDERSTUDY_RETURN_IF_ERROR(StartFleet());
    Narrator narrator(timeline_);
    // Until all are ready there is no news, only beginnings.
    std::atomic<bool> listening = false;
    SiteObserver::Listener listener = {
        .on_member =
            [&](const auto& before, const auto& now, auto reason) {
              if (listening) narrator.OnMember(before, now, reason);
            },
        .on_failover = [&](const auto& failover) { narrator.OnFailover(failover); }};
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::unique_ptr<Stage> stage,
                                Stage::Open(fleet_, clients, stations_, std::move(listener),
                                            [this] { return interrupt_.requested(); }));
    UNDERSTUDY_RETURN_IF_ERROR(stage->AwaitReady(stations_, kReadyTimeout));
    timeline_.Say("demo", "every duty runs, and every backup holds what it may inherit",
                  Color::kGreen);
    listening = true;
    return Perform(*stage, clients, quick);
  }

  const std::vector<StepResult>& results() const { return results_; }
  const std::vector<RootStepResult>& root_results() const { return root_results_; }

 private:
  absl::Status StartFleet() {
    timeline_.Chapter(absl::StrCat(
        "A site of ", control_nodes_ == 1 ? "one control node" : "three control nodes", " and ",
        stations_.size(), " stations starts, each agent and native process on its own"));
    fleet_.set_on_step(
        [this](std::string_view what) { timeline_.Say("start", what, Color::kDim); });
    UNDERSTUDY_RETURN_IF_ERROR(fleet_.StartControl(control_nodes_));
    UNDERSTUDY_RETURN_IF_ERROR(fleet_.StartStations(stations_));
    fleet_.set_on_step({});
    return absl::OkStatus();
  }

  absl::Status Perform(Stage& stage, ClientFactory& clients, ClientFactory& quick) {
    Demo demo(stage, timeline_, bounds_, [&] { return ActingOrchestrator(quick); });
    const absl::Status status = demo.Run();
    results_ = demo.results();
    UNDERSTUDY_RETURN_IF_ERROR(status);
    std::vector<std::string> actors = demo.actors();
    if (control_nodes_ > 1) {
      UNDERSTUDY_RETURN_IF_ERROR(PerformRootStory(stage, clients, quick, actors));
    }
    const std::vector<std::string> problems = stage.Disorder(Bystanders(actors));
    for (const std::string& problem : problems) timeline_.Say("demo", problem, Color::kRed);
    if (problems.empty()) return absl::OkStatus();
    return MakeError(absl::StatusCode::kInternal, "NOT_IN_ORDER", problems.front());
  }

  absl::Status PerformRootStory(Stage& stage, ClientFactory& clients, ClientFactory& quick,
                                std::vector<std::string>& actors) {
    // In the same proportion to their defaults as those of the stations.
    RootBounds bounds;
    bounds.next_write *= absl::FDivDuration(bounds_.after_verdict, DemoBounds().after_verdict);
    RootStory story(stage, timeline_, clients, quick, bounds);
    const absl::Status status = story.Run(kFirstRootChapter);
    root_results_ = story.results();
    results_.insert(results_.end(), story.moves().begin(), story.moves().end());
    actors.insert(actors.end(), story.actors().begin(), story.actors().end());
    return status;
  }

  std::string ActingOrchestrator(ClientFactory& quick) {
    if (control_nodes_ == 1) return kOrchestrator;
    const auto root = RootFinder(fleet_, quick).Find();
    return root.has_value() ? NodeProcess(root->node, kOrchestrator) : kOrchestrator;
  }

  // Deployment stations that nobody touched.
  std::vector<std::string> Bystanders(const std::vector<std::string>& actors) const {
    std::vector<std::string> bystanders;
    for (const StationSpec& station : stations_) {
      if (std::find(actors.begin(), actors.end(), station.id) == actors.end()) {
        bystanders.push_back(station.id);
      }
    }
    return bystanders;
  }

  LocalFleet& fleet_;
  const uint64_t control_nodes_;
  const std::vector<StationSpec>& stations_;
  Timeline& timeline_;
  const DemoBounds bounds_;
  const Interrupt& interrupt_;
  std::vector<StepResult> results_;
  std::vector<RootStepResult> root_results_;
};

// The others in proportion.
DemoBounds Bounds(const Options& options) {
  DemoBounds bounds;
  const double scale = absl::FDivDuration(options.bound, bounds.after_verdict);
  bounds.after_verdict *= scale;
  bounds.after_join *= scale;
  bounds.after_restart *= scale;
  return bounds;
}

void PrintReport(const Performance& performance, Context& context) {
  const std::vector<StepResult>& results = performance.results();
  const std::vector<RootStepResult>& roots = performance.root_results();
  if (context.json()) {
    context.out() << ReportJson(results, RootReportJson(roots));
    return;
  }
  if (!results.empty()) context.out() << "\n" << ReportTable(results, context.painter());
  if (!roots.empty()) context.out() << "\n" << RootReportTable(roots, context.painter());
}

// What is left when the curtain falls, and where.
void Close(const Options& options, LocalFleet& fleet, bool well, bool interrupted,
           Context& context) {
  const std::string& directory = fleet.layout().directory();
  std::ostream& out = context.json() ? context.err() : context.out();
  if (options.keep && well) {
    out << "\nThe fleet runs on: understudy --site " << directory << " status\n"
        << "Stop it with:      understudy --site " << directory << " down\n";
    return;
  }
  fleet.Stop(absl::Seconds(3));
  if (well || interrupted) {
    std::error_code error;
    std::filesystem::remove_all(directory, error);
  } else {
    out << "\nLogs and data are left in " << directory << "\n";
  }
}

bool AllWell(const Performance& performance) {
  return AllRecovered(performance.results()) && AllSurvived(performance.root_results());
}

absl::Status Conclude(const absl::Status& status, const Performance& performance,
                      Context& context) {
  UNDERSTUDY_RETURN_IF_ERROR(status);
  if (!AllWell(performance)) {
    return MakeError(absl::StatusCode::kInternal, "NOT_RECOVERED",
                     "not everything that should have been recovered was");
  }
  if (!context.json()) {
    context.out() << context.painter().Paint(
        Color::kGreen,
        absl::StrCat("\nAll ", performance.results().size(),
                     " duties were recovered, byte for byte, within their bounds.\n"));
  }
  return absl::OkStatus();
}

absl::Status RunDemo(const Options& options, Context& context) {
  const Interrupt interrupt;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<StationSpec> stations,
                              Stations(options, context.home()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string directory, Directory(options, context));
  UNDERSTUDY_ASSIGN_OR_RETURN(LocalFleet fleet, MakeFleet(options, directory, context));
  Timeline timeline(context.json() ? context.err() : context.out(), context.painter(), SteadyNow());
  const std::unique_ptr<ClientFactory> clients = context.ClientsFor(fleet.site());
  const std::unique_ptr<ClientFactory> quick = context.ClientsFor(fleet.site(), kQuick);
  Performance performance(fleet, options.control_nodes, stations, timeline, Bounds(options),
                          interrupt);
  const absl::Status status = performance.Run(*clients, *quick);
  PrintReport(performance, context);
  Close(options, fleet, status.ok() && AllWell(performance), absl::IsCancelled(status), context);
  return Conclude(status, performance, context);
}

}  // namespace

void AddDemo(Verb& root) {
  Verb demo = root.Add("demo", "The main job: stations die in six ways, and their duties live on",
                       "understudy demo\n"
                       "understudy demo --stations 12 --backups 6\n"
                       "understudy demo --keep\n"
                       "understudy demo -o json | jq '.steps[] | {what, recovery_seconds}'");
  auto options = std::make_shared<Options>();
  demo.Number(options->stations, "--stations", kLeastStations, kMostStations,
              "stations with a duty");
  demo.Number(options->backups, "--backups", kLeastBackups, kMostStations,
              "stations that wait for one");
  demo.Number(options->control_nodes, "--control-nodes", 1, 3,
              "control nodes; with 3 the demonstration goes on: the root dies in four ways, too");
  demo.Flag(options->keep, "--keep", "leave the fleet running at the end");
  demo.Number(options->missed_beats_limit, "--missed-beats", 1, 100,
              "beats (of 100 ms) that a station may miss; more on a machine that is very busy");
  demo.Option(
      options->bound, "--bound",
      "longest time from the verdict until the duty runs again; the other bounds in proportion");
  demo.Option(options->binaries, "--binaries", "DIR",
              "the services' programs; default: beside this one");
  demo.Option(options->documents, "--documents", "DIR",
              "station configurations; default: tests/data");
  demo.OnRun([options](Context& context) { return RunDemo(*options, context); });
}

}  // namespace understudy::cli
