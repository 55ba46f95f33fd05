#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/local_fleet/fleet_paths.h"
#include "cli/local_fleet/interrupt.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/local_fleet/readiness.h"
#include "cli/output/format.h"
#include "cli/output/progress.h"
#include "cli/output/table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr uint64_t kMaxStations = 100;
constexpr absl::Duration kReadyTimeout = absl::Seconds(60);

struct Options {
  uint64_t stations = 3;
  uint64_t backups = 2;
  uint64_t control_nodes = 1;
  bool fresh = false;
  std::string binaries;
  std::string documents;
};

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

absl::StatusOr<LocalFleet> MakeFleet(const Options& options, Context& context) {
  FleetOptions fleet;
  fleet.directory = context.options().site;
  UNDERSTUDY_ASSIGN_OR_RETURN(fleet.binaries, BinariesIn(options.binaries));
  fleet.settings.insecure = context.options().insecure;
  fleet.usual_ports = true;
  if (options.fresh) UNDERSTUDY_RETURN_IF_ERROR(RemoveSite(fleet.directory));
  return LocalFleet::Create(std::move(fleet));
}

// With certificates and checkpoint-store.
size_t StepsOfServices(uint64_t nodes) { return nodes == 1 ? 5 : 3 + 4 * nodes; }

absl::Status StartAll(LocalFleet& fleet, const Options& options,
                      const std::vector<StationSpec>& stations, const Interrupt& interrupt,
                      Context& context) {
  Progress progress(StepsOfServices(options.control_nodes) + 2 * stations.size());
  fleet.set_on_step([&](std::string_view what) { progress.Step(what); });
  UNDERSTUDY_RETURN_IF_ERROR(fleet.StartControl(options.control_nodes));
  UNDERSTUDY_RETURN_IF_ERROR(fleet.StartCheckpointStore());
  UNDERSTUDY_RETURN_IF_ERROR(fleet.StartStations(stations));
  progress.Step("waiting until every duty runs and every backup is ready");
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto membership, context.Membership());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto orchestrator, context.Orchestrator());
  return AwaitReady(stations, *membership, *orchestrator, kReadyTimeout,
                    [&] { return interrupt.requested(); });
}

// What there is to say of a service beside its address; empty: nothing.
std::string NoteOf(const LocalFleet& fleet, const std::string& name, bool usual) {
  const std::string taken = usual ? "" : "its usual port was taken";
  if (name != kCheckpoints) return taken;
  return absl::StrCat("devices: ", fleet.site().tls.has_value() ? "https" : "http", "://",
                      fleet.site().checkpoints_http, taken.empty() ? "" : "; ", taken);
}

void AddService(Table& table, const LocalFleet& fleet, const std::string& name,
                const std::string& usual) {
  const auto ports = fleet.PortsOf(name);
  if (!ports.ok()) return;
  const std::string address = absl::StrCat("127.0.0.1:", ports->at("grpc"));
  const auto metrics = ports->find("metrics");
  table.AddRow({name, address,
                metrics == ports->end()
                    ? std::string()
                    : absl::StrCat("http://127.0.0.1:", metrics->second, "/metrics"),
                NoteOf(fleet, name, address == usual)});
}

void Explain(const LocalFleet& fleet, Context& context) {
  Table table({"SERVICE", "ADDRESS", "METRICS", "NOTE"});
  AddService(table, fleet, kMembership, "127.0.0.1:7101");
  AddService(table, fleet, kVault, "127.0.0.1:7102");
  AddService(table, fleet, kOrchestrator, "127.0.0.1:7103");
  AddService(table, fleet, kCheckpoints, "127.0.0.1:7104");
  const std::vector<std::string> nodes = fleet.ControlNodeIds();
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto usual = [&](size_t first) { return absl::StrCat("127.0.0.1:", first + 100 * i); };
    AddService(table, fleet, NodeProcess(nodes[i], kMembership), usual(7101));
    AddService(table, fleet, NodeProcess(nodes[i], kVault), usual(7102));
    AddService(table, fleet, NodeProcess(nodes[i], kOrchestrator), usual(7103));
  }
  context.out() << table.Render(context.painter()) << "\n"
                << Plural(fleet.site().agents.size(), "station")
                << " run. Their logs and data are under " << fleet.layout().directory() << ".\n"
                << "Now try: understudy status; understudy duties; understudy drill gate-1; "
                   "understudy down\n";
}

absl::Status Up(const Options& options, Context& context) {
  const Interrupt interrupt;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<StationSpec> stations,
                              Stations(options, context.home()));
  UNDERSTUDY_ASSIGN_OR_RETURN(LocalFleet fleet, MakeFleet(options, context));
  const absl::Status status = StartAll(fleet, options, stations, interrupt, context);
  if (!status.ok()) {
    fleet.Stop();
    return status;
  }
  Explain(fleet, context);
  return absl::OkStatus();
}

}  // namespace

void AddUp(Verb& root) {
  Verb up = root.Add("up", "Start a local fleet to play with: each service its own process",
                     "understudy up\n"
                     "understudy up --stations 8 --backups 4\n"
                     "understudy up --fresh --insecure");
  auto options = std::make_shared<Options>();
  up.Number(options->stations, "--stations", 1, kMaxStations, "stations with a duty");
  up.Number(options->backups, "--backups", 0, kMaxStations, "stations that wait for one");
  up.Number(options->control_nodes, "--control-nodes", 1, 3,
            "control nodes; with 3 (and three members of etcd) the site survives the loss of any");
  up.Flag(options->fresh, "--fresh", "forget what an earlier fleet left behind");
  up.Option(options->binaries, "--binaries", "DIR",
            "the services' programs; default: beside this one");
  up.Option(options->documents, "--documents", "DIR",
            "station configurations; default: tests/data");
  up.OnRun([options](Context& context) { return Up(*options, context); });
}

}  // namespace understudy::cli
