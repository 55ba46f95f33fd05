// Starts a sentinel with an empty disk in a site with many documents, and says how long it takes
// until it has them all, and in how much memory. Real processes with TLS. See README.md.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/clients/clients.h"
#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/fleet_paths.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/local_fleet/wait.h"
#include "common/document/compression.h"
#include "common/random/random.h"
#include "common/status/status.h"

ABSL_FLAG(std::string, directory, "", "where the site is; kept, and used again by the next run");
ABSL_FLAG(bool, fill, false, "put the documents first");
ABSL_FLAG(int, documents, 10'000, "duties with a document");
ABSL_FLAG(int, revisions, 10, "of each document");
ABSL_FLAG(int, bytes, 19'000, "size of a document");
ABSL_FLAG(int, writers, 64, "of --fill, at once");
ABSL_FLAG(int, starts, 5, "how often the sentinel begins anew");
ABSL_FLAG(std::string, binaries, "", "the services' programs; default: beside this one");

namespace understudy::bench {
namespace {

constexpr size_t kNodes = 3;
constexpr absl::Duration kPatience = absl::Minutes(3);

// A station's configuration of about `bytes` bytes.
std::string MakeDocument(size_t bytes, int revision, Random& random) {
  std::string text = absl::StrCat("{\"revision\":", revision, ",\"cameras\":[");
  for (int i = 0; text.size() + 200 < bytes; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",", "{\"id\":\"camera-", i, "\",\"address\":\"rtsp://10.",
                    random.Below(256), ".", random.Below(256), ".", random.Below(256),
                    ":554/stream\",\"algorithms\":[{\"id\":\"helmet\",\"threshold\":0.",
                    random.Below(1000), "}],\"recording\":true}");
  }
  return text + "]}";
}

// In MiB, a line of /proc/PID/status; 0 when the process is gone.
double MemoryOf(int pid, const std::string& name) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(name + ":", 0) != 0) continue;
    return std::strtod(line.c_str() + name.size() + 1, nullptr) / 1024;
  }
  return 0;
}

class Bench {
 public:
  explicit Bench(cli::LocalFleet& fleet)
      : fleet_(fleet),
        clients_(cli::MakeGrpcClients({.tls = fleet.site().tls, .timeout = absl::Seconds(30)})) {}

  absl::Status Run() {
    UNDERSTUDY_ASSIGN_OR_RETURN(vault_, clients_->Vault(fleet_.site().control_nodes));
    UNDERSTUDY_RETURN_IF_ERROR(Await("all control nodes", [&] { return AreAllWhole(); }));
    if (absl::GetFlag(FLAGS_fill)) UNDERSTUDY_RETURN_IF_ERROR(Fill());
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::string sentinel, FindSentinel());
    std::vector<double> seconds;
    for (int i = 0; i < absl::GetFlag(FLAGS_starts); ++i) {
      UNDERSTUDY_ASSIGN_OR_RETURN(seconds.emplace_back(), OneStart(sentinel));
    }
    if (seconds.empty()) return absl::OkStatus();
    std::sort(seconds.begin(), seconds.end());
    std::cout << absl::StrFormat(
        "from empty until it follows: median %.2f s, %.2f to %.2f s, %d runs\n",
        seconds[seconds.size() / 2], seconds.front(), seconds.back(), seconds.size());
    return absl::OkStatus();
  }

 private:
  template <typename Condition>
  absl::Status Await(const std::string& what, Condition condition) {
    if (cli::WaitFor(kPatience, condition)) return absl::OkStatus();
    return absl::DeadlineExceededError(absl::StrCat("waited in vain for ", what));
  }

  bool AreAllWhole() {
    const auto list = vault_->ListNodes();
    if (!list.ok()) return false;
    size_t whole = 0;
    for (const auto& one : list->nodes()) whole += one.following() && one.behind() == 0;
    return whole == kNodes;
  }
  // What the node says of itself.
  static bool IsWhole(cli::VaultClient& vault) {
    const auto list = vault.ListNodes();
    if (!list.ok()) return false;
    return std::any_of(list->nodes().begin(), list->nodes().end(), [](const auto& one) {
      return one.self() && one.following() && one.behind() == 0;
    });
  }

  absl::StatusOr<std::string> FindSentinel() {
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto list, vault_->ListNodes());
    for (const auto& one : list.nodes()) {
      if (!one.is_root()) return one.node().id();
    }
    return absl::NotFoundError("there is no sentinel");
  }

  absl::Status Fill() {
    const int documents = absl::GetFlag(FLAGS_documents);
    const int total = documents * absl::GetFlag(FLAGS_revisions);
    std::atomic<int> next = 0;
    std::atomic<int> failed = 0;
    const auto write = [&](uint64_t seed) {
      Random random(seed);
      const auto vault = *clients_->Vault(fleet_.site().control_nodes);
      for (int i = next++; i < total; i = next++) {
        failed += !PutOne(*vault, i % documents, i / documents, random).ok();
        if (i % 10'000 == 0) std::cerr << i << " of " << total << " revisions written\n";
      }
    };
    const SteadyTime start = cli::SteadyNow();
    std::vector<std::thread> writers;
    for (int i = 0; i < absl::GetFlag(FLAGS_writers); ++i) writers.emplace_back(write, i + 1);
    for (std::thread& writer : writers) writer.join();
    const double seconds = absl::ToDoubleSeconds(cli::SteadyNow() - start);
    std::cout << absl::StrFormat("%d revisions of %d documents written in %.0f s, %d failed\n",
                                 total, documents, seconds, failed.load());
    return failed == 0 ? Await("the sentinels", [&] { return AreAllWhole(); })
                       : absl::DataLossError("not every revision was written");
  }

  absl::Status PutOne(cli::VaultClient& vault, int document, int revision, Random& random) {
    config_vault::v1::PutRequest request;
    request.set_name(absl::StrCat("duties/duty-", document));
    request.set_encoding(config_vault::v1::ENCODING_ZSTD);
    request.set_author("bench");
    const auto bytes = static_cast<size_t>(absl::GetFlag(FLAGS_bytes));
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::string packed,
                                Pack(MakeDocument(bytes, revision, random)));
    request.set_content(packed);
    return vault.Put(request).status();
  }

  absl::StatusOr<double> OneStart(const std::string& node) {
    const std::string process = cli::NodeProcess(node, cli::kVault);
    const double before = MemoryOf(PidOf(process), "VmRSS");
    UNDERSTUDY_RETURN_IF_ERROR(fleet_.Kill(process));
    std::filesystem::remove_all(fleet_.layout().DataDirectory(process));
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, VaultOf(node));
    const SteadyTime start = cli::SteadyNow();
    UNDERSTUDY_RETURN_IF_ERROR(fleet_.Restart(process));
    UNDERSTUDY_RETURN_IF_ERROR(Await("the sentinel", [&] { return IsWhole(*vault); }));
    const double seconds = absl::ToDoubleSeconds(cli::SteadyNow() - start);
    const int pid = PidOf(process);
    const double now = MemoryOf(pid, "VmRSS");
    const double highest = MemoryOf(pid, "VmHWM");
    UNDERSTUDY_RETURN_IF_ERROR(CheckHistory(*vault));
    std::cout << absl::StrFormat(
                     "%s: %.2f s; resident %.0f MiB now, %.0f MiB at most; %.0f MiB before\n", node,
                     seconds, now, highest, before)
              << std::flush;
    return seconds;
  }

  int PidOf(const std::string& process) const { return fleet_.processes().at(process).id.pid; }

  // Of one node's vault alone.
  absl::StatusOr<std::unique_ptr<cli::VaultClient>> VaultOf(const std::string& node) {
    const std::vector<std::string> ids = fleet_.ControlNodeIds();
    const auto at = std::find(ids.begin(), ids.end(), node) - ids.begin();
    return clients_->Vault({fleet_.site().control_nodes[static_cast<size_t>(at)]});
  }

  // All revisions of the first and the last document are in the node's own store.
  absl::Status CheckHistory(cli::VaultClient& vault) {
    for (const int document : {0, absl::GetFlag(FLAGS_documents) - 1}) {
      config_vault::v1::HistoryRequest request;
      request.set_name(absl::StrCat("duties/duty-", document));
      UNDERSTUDY_ASSIGN_OR_RETURN(const auto history, vault.History(request));
      if (history.revisions_size() < absl::GetFlag(FLAGS_revisions)) {
        return absl::DataLossError(absl::StrCat("the sentinel has ", history.revisions_size(),
                                                " revisions of ", request.name()));
      }
    }
    return absl::OkStatus();
  }

  cli::LocalFleet& fleet_;
  const std::unique_ptr<cli::ClientFactory> clients_;
  std::unique_ptr<cli::VaultClient> vault_;
};

absl::Status Run() {
  cli::FleetOptions options;
  options.directory = absl::GetFlag(FLAGS_directory);
  if (options.directory.empty()) return absl::InvalidArgumentError("--directory is required");
  UNDERSTUDY_ASSIGN_OR_RETURN(options.binaries, cli::BinariesIn(absl::GetFlag(FLAGS_binaries)));
  options.dies_with_parent = true;
  UNDERSTUDY_ASSIGN_OR_RETURN(cli::LocalFleet fleet, cli::LocalFleet::Create(std::move(options)));
  absl::Status status = fleet.StartControlNodes(kNodes);
  if (status.ok()) status = Bench(fleet).Run();
  fleet.Stop();
  return status;
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Measures how a sentinel with an empty disk fills itself.");
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = understudy::bench::Run();
  if (!status.ok()) std::cerr << "sentinel_start_bench: " << status << "\n";
  return status.ok() ? 0 : 1;
}
