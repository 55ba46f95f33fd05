// Plays sleeping devices that never sleep against a server of the checkpoint protocol: GET, POST,
// GET, POST, ... each on its own identifier, and prints how many cycles came through and how long
// they took. First each device is enrolled by PUT.
//
//   bazel run //bench/checkpoint_store:checkpoint_load -- --port=8104 --devices=1000 --duration=10s
//
// bench/checkpoint_store/README.md: how it is run against our server and against the peer.

#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "bench/checkpoint_store/fleet.h"
#include "bench/checkpoint_store/server_cost.h"
#include "bench/failover/percentiles.h"

ABSL_FLAG(int, port, 0, "The server's, on 127.0.0.1.");
ABSL_FLAG(int, connections, 64, "Cycles under way at once, 1 to 10,000.");
ABSL_FLAG(int, devices, 1'000,
          "Enrolled devices, at least as many as connections, at most 1,000,000.");
ABSL_FLAG(int, bytes, 2'048, "Length of a checkpoint.");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(10), "How long to measure, at most 120 s.");
ABSL_FLAG(absl::Duration, warm_up, absl::Seconds(2), "How long to cycle before.");
ABSL_FLAG(std::string, token, "", "The operator's, for PUT.");
ABSL_FLAG(bool, tls, false, "Over TLS.");
ABSL_FLAG(std::string, authorities, "", "PEM file of who may sign the server's certificate.");
ABSL_FLAG(bool, tls12, false, "With --tls: version 1.2, as small devices have it.");
ABSL_FLAG(bool, reconnect, false, "A new connection for each cycle.");
ABSL_FLAG(bool, resume, true, "With --tls --reconnect: resume the session.");
ABSL_FLAG(std::string, pids, "",
          "The server's processes, by comma: what they cost is printed, too.");
ABSL_FLAG(int, seed, 1, "Of identifiers and contents: another for each run on the same data.");

namespace understudy::bench {
namespace {

std::vector<int> Pids() {
  std::vector<int> pids;
  for (const auto word : absl::StrSplit(absl::GetFlag(FLAGS_pids), ',', absl::SkipEmpty())) {
    int pid = 0;
    if (absl::SimpleAtoi(word, &pid)) pids.push_back(pid);
  }
  return pids;
}

void PrintLatency(const char* name, const std::vector<absl::Duration>& values) {
  if (values.empty()) return;
  const Percentiles p = PercentilesOf(values);
  const auto ms = [](absl::Duration d) { return absl::ToDoubleMilliseconds(d); };
  std::printf("%-6s p50 %8.3f ms  p90 %8.3f ms  p99 %8.3f ms  max %8.3f ms\n", name, ms(p.p50),
              ms(p.p90), ms(p.p99), ms(p.max));
}

void Print(const FleetResult& result) {
  const double seconds = absl::ToDoubleSeconds(result.elapsed);
  std::printf("cycles %llu in %.2f s: %.0f cycles/s, %llu failed",
              static_cast<unsigned long long>(result.cycles), seconds,
              static_cast<double>(result.cycles) / seconds,
              static_cast<unsigned long long>(result.failures));
  if (result.resumed > 0) {
    std::printf(", %llu on a resumed TLS session", static_cast<unsigned long long>(result.resumed));
  }
  std::printf("\n");
  if (result.failures > 0) std::printf("first failure: %s\n", result.failure.c_str());
  PrintLatency("GET", result.get);
  PrintLatency("POST", result.post);
  PrintLatency("cycle", result.cycle);
}

void PrintCpu(const char* whose, absl::Duration cpu, const FleetResult& result) {
  std::printf("%s %.0f %% of a core, %.0f cycles per second of processor time\n", whose,
              100 * absl::FDivDuration(cpu, result.elapsed),
              static_cast<double>(result.cycles) / absl::ToDoubleSeconds(cpu));
}

// What the server's processes and this one cost.
struct Costs {
  ServerCost server;
  ServerCost own;
};

Costs CostsOf(const std::vector<int>& pids) { return {CostOf(pids), CostOf({getpid()})}; }

void PrintCosts(const Costs& before, const Costs& after, const FleetResult& result) {
  PrintCpu("server", after.server.cpu - before.server.cpu, result);
  PrintCpu("load generator", after.own.cpu - before.own.cpu, result);
  std::printf("server %.1f MiB private\n",
              static_cast<double>(after.server.private_bytes) / (1 << 20));
}

absl::StatusOr<FleetOptions> Options(SSL_CTX* tls) {
  FleetOptions options;
  options.port = static_cast<uint16_t>(absl::GetFlag(FLAGS_port));
  options.connections = absl::GetFlag(FLAGS_connections);
  options.devices = absl::GetFlag(FLAGS_devices);
  options.checkpoint_bytes = static_cast<size_t>(absl::GetFlag(FLAGS_bytes));
  options.token = absl::GetFlag(FLAGS_token);
  options.tls = tls;
  options.reconnect = absl::GetFlag(FLAGS_reconnect);
  options.resume = absl::GetFlag(FLAGS_resume);
  options.seed = static_cast<uint64_t>(absl::GetFlag(FLAGS_seed));
  const bool counts = options.connections >= 1 && options.connections <= 10'000 &&
                      options.devices >= options.connections && options.devices <= 1'000'000;
  if (options.port == 0 || !counts || absl::GetFlag(FLAGS_duration) > absl::Seconds(120)) {
    return absl::InvalidArgumentError("expected --port, and counts within their bounds (--help)");
  }
  return options;
}

absl::Status Measure(const FleetOptions& options) {
  const std::vector<int> pids = Pids();
  const ServerCost empty = CostOf(pids);
  Fleet fleet(options);
  if (auto status = fleet.Enrol(); !status.ok()) return status;
  const ServerCost enrolled = CostOf(pids);
  std::printf("enrolled %d devices of %zu bytes\n", options.devices, options.checkpoint_bytes);
  if (!pids.empty()) {
    std::printf("server %.1f MiB private before, %.1f MiB after\n",
                static_cast<double>(empty.private_bytes) / (1 << 20),
                static_cast<double>(enrolled.private_bytes) / (1 << 20));
  }
  if (auto warm = fleet.Run(absl::GetFlag(FLAGS_warm_up)); !warm.ok()) return warm.status();
  const Costs before = CostsOf(pids);
  auto result = fleet.Run(absl::GetFlag(FLAGS_duration));
  if (!result.ok()) return result.status();
  Print(*result);
  if (!pids.empty()) PrintCosts(before, CostsOf(pids), *result);
  if (result->failures > 0) return absl::UnavailableError("some devices failed");
  return absl::OkStatus();
}

absl::Status Main() {
  TlsContext tls;
  if (absl::GetFlag(FLAGS_tls)) {
    auto made = MakeTlsContext(absl::GetFlag(FLAGS_authorities), absl::GetFlag(FLAGS_tls12));
    if (!made.ok()) return made.status();
    tls = *std::move(made);
  }
  const auto options = Options(tls.get());
  if (!options.ok()) return options.status();
  return Measure(*options);
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = understudy::bench::Main();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
