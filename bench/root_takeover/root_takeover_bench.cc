// Kills the root's node again and again and says how long the site was without a root, and whether
// any station was falsely said to have failed meanwhile. Real processes with TLS. See README.md.

#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/failover/percentiles.h"
#include "cli/clients/clients.h"
#include "cli/demo/root_finder.h"
#include "cli/demo/stage.h"
#include "cli/demo/steady_writer.h"
#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/fleet_paths.h"
#include "cli/local_fleet/interrupt.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/local_fleet/ports.h"
#include "cli/local_fleet/spawn.h"
#include "cli/local_fleet/wait.h"
#include "cli/output/format.h"
#include "cli/output/table.h"
#include "common/status/status.h"

ABSL_FLAG(int, takeovers, 20, "how often the root dies");
ABSL_FLAG(bool, services_only, false,
          "kill the root's vault, membership and orchestrator, and leave etcd beside them alone");
ABSL_FLAG(bool, with_etcd_leader, false,
          "hand the root over to the node whose member leads etcd before its whole node is killed");
ABSL_FLAG(int, stations, 2, "stations with a duty that are watched for false failures");
ABSL_FLAG(std::string, binaries, "", "the services' programs; default: beside this one");
ABSL_FLAG(std::string, documents, "", "station configurations; default: tests/data");

namespace understudy::bench {
namespace {

using cli::DurationText;
using cli::RootFinder;
using cli::Table;

constexpr size_t kNodes = 3;
constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kQuick = absl::Milliseconds(200);
constexpr absl::Duration kBetweenWrites = absl::Milliseconds(2);

// By whether the root's node was etcd's leader, too.
struct Samples {
  // From the kill to the next acknowledged write.
  std::map<bool, std::vector<absl::Duration>> next_write;
  // From the silence noticed to the new root acting, as its own metrics have it.
  std::map<bool, std::vector<absl::Duration>> take_over;
  std::vector<std::string> falsely_failed;
};

// What a vault's histogram of take-overs has come to.
struct TakeOvers {
  double count = 0;
  double seconds = 0;
};

// The value of a line "NAME VALUE" of Prometheus' text format; 0 when there is none.
double ValueOf(const std::string& page, const std::string& name) {
  const size_t at = page.find("\n" + name + " ");
  double value = 0;
  if (at == std::string::npos) return value;
  const size_t begin = at + name.size() + 2;
  if (!absl::SimpleAtod(page.substr(begin, page.find('\n', begin) - begin), &value)) return 0;
  return value;
}

class Bench {
 public:
  Bench(cli::LocalFleet& fleet, cli::Stage& stage, cli::ClientFactory& clients,
        cli::ClientFactory& quick)
      : fleet_(fleet), stage_(stage), clients_(clients), finder_(fleet, quick) {}

  absl::Status Run() {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto vault, clients_.Vault(fleet_.site().control_nodes));
    writer_.emplace(std::move(vault), "bench", kBetweenWrites);
    for (int i = 0; i < absl::GetFlag(FLAGS_takeovers); ++i) {
      UNDERSTUDY_RETURN_IF_ERROR(OneTakeover());
    }
    writer_->Stop();
    return CheckAcknowledged();
  }

  const Samples& samples() const { return samples_; }

 private:
  absl::Status OneTakeover() {
    if (absl::GetFlag(FLAGS_with_etcd_leader)) {
      UNDERSTUDY_RETURN_IF_ERROR(HandOverTo(finder_.EtcdLeader()));
    }
    UNDERSTUDY_ASSIGN_OR_RETURN(const RootFinder::Root root, AwaitRoot(0));
    const bool led_etcd = finder_.EtcdLeader() == root.node && !absl::GetFlag(FLAGS_services_only);
    std::map<std::string, TakeOvers> before;
    for (const std::string& node : fleet_.ControlNodeIds()) {
      UNDERSTUDY_ASSIGN_OR_RETURN(before[node], TakeOversOf(node));
    }
    const SteadyTime killed = cli::SteadyNow();
    UNDERSTUDY_RETURN_IF_ERROR(Kill(root.node));
    UNDERSTUDY_RETURN_IF_ERROR(stage_.Await(
        kPatience, "a write", [&] { return writer_->FirstAfter(killed).has_value(); }));
    samples_.next_write[led_etcd].push_back(*writer_->FirstAfter(killed) - killed);
    UNDERSTUDY_ASSIGN_OR_RETURN(const RootFinder::Root next, AwaitRoot(root.epoch));
    UNDERSTUDY_ASSIGN_OR_RETURN(const TakeOvers after, TakeOversOf(next.node));
    if (after.count == before[next.node].count + 1) {
      samples_.take_over[led_etcd].push_back(
          absl::Seconds(after.seconds - before[next.node].seconds));
    }
    UNDERSTUDY_RETURN_IF_ERROR(RestartAndSettle(root));
    return absl::OkStatus();
  }

  absl::Status HandOverTo(const std::string& node) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const RootFinder::Root root, AwaitRoot(0));
    if (root.node == node) return absl::OkStatus();
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, clients_.Vault(fleet_.site().control_nodes));
    config_vault::v1::HandOverRequest request;
    request.set_to(node);
    UNDERSTUDY_RETURN_IF_ERROR(vault->HandOver(request).status());
    UNDERSTUDY_RETURN_IF_ERROR(AwaitRoot(root.epoch).status());
    // The wait for the next kill is none of the hand-over's.
    const SteadyTime over = cli::SteadyNow();
    return stage_.Await(kPatience, "a write",
                        [&] { return writer_->FirstAfter(over).has_value(); });
  }

  absl::Status RestartAndSettle(const RootFinder::Root& root) {
    UNDERSTUDY_RETURN_IF_ERROR(fleet_.RestartNode(root.node));
    UNDERSTUDY_RETURN_IF_ERROR(stage_.Await(kPatience, root.node + " as a sentinel", [&] {
      const auto role = finder_.RoleOf(root.node);
      return role.has_value() && role->role() == config_vault::v1::ROLE_SENTINEL &&
             role->epoch() > root.epoch;
    }));
    for (const std::string& station : stage_.observer().TakeFailed()) {
      samples_.falsely_failed.push_back(station);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<TakeOvers> TakeOversOf(const std::string& node) const {
    constexpr char kMetric[] = "understudy_config_vault_root_take_over_seconds";
    UNDERSTUDY_ASSIGN_OR_RETURN(const cli::PortMap ports,
                                fleet_.PortsOf(cli::NodeProcess(node, cli::kVault)));
    UNDERSTUDY_ASSIGN_OR_RETURN(
        const std::string page,
        cli::RunProgram("curl", {"--silent", "--fail", "--max-time", "5",
                                 absl::StrCat("http://127.0.0.1:", ports.at("metrics"),
                                              "/metrics")}));
    return TakeOvers{.count = ValueOf(page, absl::StrCat(kMetric, "_count")),
                     .seconds = ValueOf(page, absl::StrCat(kMetric, "_sum"))};
  }

  absl::Status Kill(const std::string& node) {
    if (!absl::GetFlag(FLAGS_services_only)) return fleet_.SignalNode(node, SIGKILL);
    for (const char* service : {cli::kVault, cli::kMembership, cli::kOrchestrator}) {
      UNDERSTUDY_RETURN_IF_ERROR(fleet_.Signal(cli::NodeProcess(node, service), SIGKILL));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<RootFinder::Root> AwaitRoot(uint64_t newer_than) {
    std::optional<RootFinder::Root> root;
    UNDERSTUDY_RETURN_IF_ERROR(stage_.Await(kPatience, "a root", [&] {
      root = finder_.Find();
      return root.has_value() && root->epoch > newer_than;
    }));
    return *root;
  }

  absl::Status CheckAcknowledged() {
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, clients_.Vault(fleet_.site().control_nodes));
    const auto all = writer_->acknowledged();
    const std::vector<std::string> missing = cli::MissingFrom(*vault, all, 1);
    if (!missing.empty()) return absl::DataLossError(missing.front());
    std::cout << all.size() << " writes were acknowledged, none is missing\n";
    return absl::OkStatus();
  }

  cli::LocalFleet& fleet_;
  cli::Stage& stage_;
  cli::ClientFactory& clients_;
  RootFinder finder_;
  std::optional<cli::SteadyWriter> writer_;
  Samples samples_;
};

void AddRows(Table& table, const std::string& what,
             const std::map<bool, std::vector<absl::Duration>>& samples) {
  for (const auto& [led_etcd, times] : samples) {
    const Percentiles p = PercentilesOf(times);
    table.AddRow({what, led_etcd ? "lost its leader, too" : "kept its leader",
                  absl::StrCat(times.size()), DurationText(p.p50), DurationText(p.p90),
                  DurationText(p.p99), DurationText(p.max)});
  }
}

void Print(const Samples& samples) {
  const auto right = Table::Align::kRight;
  Table table({"WHAT",
               "ETCD",
               {"RUNS", right},
               {"P50", right},
               {"P90", right},
               {"P99", right},
               {"MAX", right}});
  AddRows(table, "silence noticed to new root acting", samples.take_over);
  AddRows(table, "kill to next acknowledged write", samples.next_write);
  std::cout << (absl::GetFlag(FLAGS_services_only) ? "kill -9 of the root's three services"
                                                   : "kill -9 of the root's whole node")
            << ", " << absl::GetFlag(FLAGS_stations) << " stations, with TLS\n"
            << table.Render(cli::Painter(false))
            << "stations that were falsely said to have failed: " << samples.falsely_failed.size()
            << "\n"
            << std::flush;
}

absl::Status Measure(cli::LocalFleet& fleet, const std::vector<cli::StationSpec>& stations,
                     const cli::Interrupt& interrupt) {
  UNDERSTUDY_RETURN_IF_ERROR(fleet.StartControlNodes(kNodes));
  UNDERSTUDY_RETURN_IF_ERROR(fleet.StartStations(stations));
  const auto clients = cli::MakeGrpcClients({.tls = fleet.site().tls});
  const auto quick = cli::MakeGrpcClients({.tls = fleet.site().tls, .timeout = kQuick});
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const auto stage,
      cli::Stage::Open(fleet, *clients, stations, {}, [&] { return interrupt.requested(); }));
  UNDERSTUDY_RETURN_IF_ERROR(stage->AwaitReady(stations, kPatience));
  Bench bench(fleet, *stage, *clients, *quick);
  const absl::Status status = bench.Run();
  Print(bench.samples());
  return status;
}

absl::Status Run() {
  const cli::Interrupt interrupt;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string data,
                              cli::DocumentsDirectory(absl::GetFlag(FLAGS_documents)));
  UNDERSTUDY_ASSIGN_OR_RETURN(const cli::StationDocuments documents,
                              cli::ReadStationDocuments(data));
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const std::vector<cli::StationSpec> stations,
      cli::DeploymentStations(documents, static_cast<size_t>(absl::GetFlag(FLAGS_stations))));
  char name[] = "/tmp/understudy-bench-XXXXXX";
  if (mkdtemp(name) == nullptr) return absl::InternalError("cannot make a directory under /tmp");
  cli::FleetOptions options;
  options.directory = name;
  UNDERSTUDY_ASSIGN_OR_RETURN(options.binaries, cli::BinariesIn(absl::GetFlag(FLAGS_binaries)));
  options.dies_with_parent = true;
  UNDERSTUDY_ASSIGN_OR_RETURN(cli::LocalFleet fleet, cli::LocalFleet::Create(std::move(options)));
  const absl::Status status = Measure(fleet, stations, interrupt);
  fleet.Stop();
  if (status.ok()) std::filesystem::remove_all(name);
  return status;
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Measures how a site of three control nodes loses its root.");
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = understudy::bench::Run();
  if (!status.ok()) std::cerr << "root_takeover_bench: " << status << "\n";
  return status.ok() ? 0 : 1;
}
