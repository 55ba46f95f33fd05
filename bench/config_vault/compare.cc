// Puts and reads through the root's vault against etcd called directly, in turn, in one run. Three
// control nodes with an etcd member each, real processes with mutual TLS, on loopback or each on a
// network port of its own. See README.md.

#include <stdlib.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/clients/clients.h"
#include "cli/demo/root_finder.h"
#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/fleet_paths.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/local_fleet/spawn.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"
#include "tests/faults/network.h"

ABSL_FLAG(std::string, link, "",
          "the speed of each node's network port, as tc(8) writes it: 100mbit; needs root. Empty: "
          "all on loopback");
ABSL_FLAG(std::string, operations, "etcd-put,put,etcd-get,get,read", "vault_load's, in turn");
ABSL_FLAG(std::string, clients, "1,16,128", "numbers of clients");
ABSL_FLAG(int, rounds, 3, "how often all is measured");
ABSL_FLAG(int, seconds, 3, "length of each measurement");
ABSL_FLAG(std::string, binaries, "", "the services' programs; default: beside this one");

namespace understudy::bench {
namespace {

constexpr size_t kNodes = 3;
constexpr absl::Duration kPatience = absl::Seconds(60);

class Comparison {
 public:
  static absl::StatusOr<std::unique_ptr<Comparison>> Start(const std::string& directory) {
    std::unique_ptr<Comparison> comparison(new Comparison());
    UNDERSTUDY_RETURN_IF_ERROR(comparison->Build(directory));
    return comparison;
  }
  ~Comparison() {
    if (fleet_.has_value()) fleet_->Stop();
  }

  absl::Status Run() {
    UNDERSTUDY_RETURN_IF_ERROR(FindTargets());
    // So that there is something to read.
    UNDERSTUDY_RETURN_IF_ERROR(Load("put", "128", 2).status());
    UNDERSTUDY_RETURN_IF_ERROR(Load("etcd-put", "128", 2).status());
    for (int round = 1; round <= absl::GetFlag(FLAGS_rounds); ++round) {
      std::cout << "round " << round << "\n" << std::flush;
      for (const auto& operation : absl::StrSplit(absl::GetFlag(FLAGS_operations), ',')) {
        UNDERSTUDY_ASSIGN_OR_RETURN(const std::string lines,
                                    Load(std::string(operation), absl::GetFlag(FLAGS_clients),
                                         absl::GetFlag(FLAGS_seconds)));
        std::cout << lines << std::flush;
      }
    }
    return absl::OkStatus();
  }

 private:
  Comparison() = default;

  absl::Status Build(const std::string& directory) {
    cli::FleetOptions options;
    options.directory = directory;
    UNDERSTUDY_ASSIGN_OR_RETURN(options.binaries, cli::BinariesIn(absl::GetFlag(FLAGS_binaries)));
    options.settings.log_level = "warn";
    options.dies_with_parent = true;
    if (const std::string rate = absl::GetFlag(FLAGS_link); !rate.empty()) {
      UNDERSTUDY_ASSIGN_OR_RETURN(network_, faults::Network::Create(kNodes));
      UNDERSTUDY_RETURN_IF_ERROR(network_->LimitLinks(rate));
      options.places = network_->places();
    }
    UNDERSTUDY_ASSIGN_OR_RETURN(cli::LocalFleet fleet, cli::LocalFleet::Create(std::move(options)));
    fleet_.emplace(std::move(fleet));
    UNDERSTUDY_RETURN_IF_ERROR(fleet_->StartControlNodes(kNodes));
    return GiveEtcdRoom();
  }

  // What is written straight to etcd stays in its history until it is compacted, and a site's quota
  // is soon used up.
  absl::Status GiveEtcdRoom() {
    for (const std::string& node : fleet_->ControlNodeIds()) {
      const std::string member = cli::NodeProcess(node, cli::kEtcd);
      UNDERSTUDY_RETURN_IF_ERROR(fleet_->Kill(member));
      UNDERSTUDY_RETURN_IF_ERROR(fleet_->Restart(member, {"--quota-backend-bytes=8589934592"}));
    }
    return absl::OkStatus();
  }

  // The root's vault; of etcd's members the leader first, which one client alone talks to.
  absl::Status FindTargets() {
    const auto clients = cli::MakeGrpcClients({.tls = fleet_->site().tls});
    cli::RootFinder finder(*fleet_, *clients);
    std::optional<cli::RootFinder::Root> root;
    const bool found = cli::WaitFor(kPatience, [&] {
      root = finder.Find();
      return root.has_value() && !finder.EtcdLeader().empty();
    });
    if (!found) return absl::UnavailableError("there is no root");
    vault_ = finder.AddressesOf(root->node).vault;
    const std::string file = fleet_->layout().ControlPlanFile();
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::string text, cli::ReadFile(file));
    UNDERSTUDY_ASSIGN_OR_RETURN(const cli::ControlPlan plan, cli::ParsePlan(text, file));
    const std::string leader = finder.EtcdLeader();
    for (size_t i = 0; i < plan.size(); ++i) {
      const std::string host = network_ ? network_->place(i).host : "127.0.0.1";
      const auto at = plan[i].id == leader ? members_.begin() : members_.end();
      members_.insert(at, absl::StrCat(host, ":", plan[i].etcd_client));
    }
    std::cout << "root " << root->node << ", etcd's leader " << leader << ", "
              << (network_ ? "ports of " + absl::GetFlag(FLAGS_link) : "loopback") << "\n";
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Load(const std::string& operation, const std::string& clients,
                                   int seconds) {
    const bool is_etcd = operation.starts_with("etcd-");
    const rpc::TlsFiles& tls = *fleet_->site().tls;
    const std::string program =
        (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "vault_load").string();
    UNDERSTUDY_ASSIGN_OR_RETURN(
        const std::string lines,
        cli::RunProgram(program,
                        {"--operation=" + operation, "--clients=" + clients,
                         absl::StrCat("--seconds=", seconds),
                         "--target=" + (is_etcd ? absl::StrJoin(members_, ",") : vault_),
                         "--certificate=" + tls.certificate, "--private_key=" + tls.private_key,
                         "--authorities=" + tls.authorities},
                        absl::Minutes(3)));
    for (const absl::string_view line : absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
      if (!absl::EndsWith(line, "  0 failed")) return absl::InternalError(lines);
    }
    return lines;
  }

  std::unique_ptr<faults::Network> network_;
  std::optional<cli::LocalFleet> fleet_;
  std::string vault_;
  std::vector<std::string> members_;
};

absl::Status Main() {
  char name[] = "/tmp/understudy-bench-XXXXXX";
  if (mkdtemp(name) == nullptr) return absl::InternalError("cannot make a directory under /tmp");
  absl::Status status;
  {
    const auto comparison = Comparison::Start(name);
    status = comparison.ok() ? (*comparison)->Run() : comparison.status();
  }
  if (status.ok()) std::filesystem::remove_all(name);
  return status;
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Compares the root's vault with etcd called directly.");
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = understudy::bench::Main();
  if (!status.ok()) std::cerr << "compare: " << status << "\n";
  return status.ok() ? 0 : 1;
}
