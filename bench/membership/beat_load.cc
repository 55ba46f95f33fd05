// Plays a large site against membership: every station joins over gRPC and then beats by UDP, while
// the service judges their silence as it always does. Prints what came through, what it cost the
// receiving thread, and whether anybody was failed who should not have been.
//
//   bazel run -c opt //bench/membership:beat_load -- --stations=20000 --seconds=10

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/time/clock.h"
#include "bench/membership/beat_sender.h"
#include "bench/membership/costs.h"
#include "bench/membership/site.h"
#include "common/time/system_clock.h"

ABSL_FLAG(int, stations, 20'000, "Stations to play, 64 to 1,000,000.");
ABSL_FLAG(absl::Duration, interval, absl::Milliseconds(100), "Beat interval of each station.");
ABSL_FLAG(double, seconds, 5, "How long to beat, at most 60.");
ABSL_FLAG(int, ask_every, 0, "Every n-th beat of a station asks for an answer; 0: none.");

namespace {

using understudy::membership::BeatResult;
using understudy::membership::BeatStats;

struct Snapshot {
  uint64_t ok = 0;
  uint64_t other = 0;
  uint64_t batches = 0;
  uint64_t answers = 0;
  uint64_t drops = 0;
  absl::Duration cpu;
};

absl::Duration CpuOf(const understudy::membership::BeatReceiver& receiver) {
  timespec time = {};
  const auto clock = receiver.cpu_clock();
  if (clock.has_value()) clock_gettime(*clock, &time);
  return absl::DurationFromTimespec(time);
}

Snapshot Take(const understudy::membership::BeatReceiver& receiver) {
  const BeatStats& stats = receiver.stats();
  Snapshot snapshot;
  for (size_t i = 0; i < stats.results.size(); ++i) {
    (i == static_cast<size_t>(BeatResult::kOk) ? snapshot.ok : snapshot.other) += stats.results[i];
  }
  snapshot.batches = stats.batches;
  snapshot.answers = stats.answers;
  snapshot.drops = stats.kernel_drops;
  snapshot.cpu = CpuOf(receiver);
  return snapshot;
}

void PrintLoad(const understudy::bench::BeatSender::Result& sent, const Snapshot& before,
               const Snapshot& after) {
  const double seconds = absl::ToDoubleSeconds(sent.elapsed);
  const auto ok = static_cast<double>(after.ok - before.ok);
  const auto batches = static_cast<double>(after.batches - before.batches);
  std::printf("sent        %12.0f beats/s  (worst lag %.1f ms, %.0f %% of a core)\n",
              static_cast<double>(sent.sent) / seconds, absl::ToDoubleMilliseconds(sent.worst_lag),
              100 * absl::ToDoubleSeconds(sent.cpu) / seconds);
  std::printf("verified    %12.0f beats/s  (%llu of %llu; %llu refused)\n", ok / seconds,
              static_cast<unsigned long long>(after.ok - before.ok),
              static_cast<unsigned long long>(sent.sent),
              static_cast<unsigned long long>(after.other - before.other));
  std::printf("receiver    %12.0f ns/beat  (%.1f %% of a core; %.1f beats per batch)\n",
              absl::ToDoubleNanoseconds(after.cpu - before.cpu) / ok,
              100 * absl::ToDoubleSeconds(after.cpu - before.cpu) / seconds, ok / batches);
  std::printf("kernel drops%12llu          answers %llu\n",
              static_cast<unsigned long long>(after.drops - before.drops),
              static_cast<unsigned long long>(after.answers - before.answers));
}

void PrintCosts(const understudy::bench::BeatCosts& costs, const Snapshot& before,
                const Snapshot& after) {
  const double total =
      absl::ToDoubleNanoseconds(after.cpu - before.cpu) / static_cast<double>(after.ok - before.ok);
  const double mac = absl::ToDoubleNanoseconds(costs.mac);
  const double accept = absl::ToDoubleNanoseconds(costs.accept);
  std::printf("of which    MAC %.0f ns, table %.0f ns, socket and kernel %.0f ns\n", mac,
              accept - mac, total - accept);
  std::printf("detector    %12.1f us/tick  (every tenth of an interval)\n",
              absl::ToDoubleMicroseconds(costs.tick));
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "beat_load: %s\n", status.ToString().c_str());
  return 1;
}

int Run() {
  const auto stations = static_cast<size_t>(absl::GetFlag(FLAGS_stations));
  const absl::Duration interval = absl::GetFlag(FLAGS_interval);
  const understudy::SystemClock clock;
  auto site = understudy::bench::Site::Start(stations, interval);
  if (!site.ok()) return Fail(site.status());
  const understudy::SteadyTime join_start = clock.SteadyNow();
  auto sessions = (*site)->Join(stations);
  if (!sessions.ok()) return Fail(sessions.status());
  std::printf("joined      %12zu stations in %.1f s\n", sessions->size(),
              absl::ToDoubleSeconds(clock.SteadyNow() - join_start));
  understudy::bench::BeatSender sender(clock, (*site)->beat_port(), *std::move(sessions));
  const Snapshot before = Take((*site)->receiver());
  const auto sent = sender.Run(interval, absl::Seconds(absl::GetFlag(FLAGS_seconds)),
                               static_cast<uint64_t>(absl::GetFlag(FLAGS_ask_every)));
  // Before silence sets in: the load is over.
  const auto failed = (*site)->Count(understudy::membership::v1::Member::STATE_FAILED);
  const Snapshot after = Take((*site)->receiver());
  if (!failed.ok()) return Fail(failed.status());
  PrintLoad(sent, before, after);
  PrintCosts(understudy::bench::MeasureCosts(stations), before, after);
  // Silence of more than the limit is rightly judged, whoever is to blame for it.
  const bool was_silent = sent.worst_lag >= 3 * interval;
  std::printf("%s %9zu stations\n", was_silent ? "the load was late: failed" : "wrongly failed",
              *failed);
  return *failed == 0 ? 0 : 3;
}

bool FlagsAreValid() {
  return absl::GetFlag(FLAGS_stations) >= 64 && absl::GetFlag(FLAGS_stations) <= 1'000'000 &&
         absl::GetFlag(FLAGS_interval) >= absl::Milliseconds(10) &&
         absl::GetFlag(FLAGS_interval) <= absl::Seconds(60) && absl::GetFlag(FLAGS_seconds) > 0 &&
         absl::GetFlag(FLAGS_seconds) <= 60 && absl::GetFlag(FLAGS_ask_every) >= 0;
}

}  // namespace

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  if (!FlagsAreValid()) {
    std::fprintf(stderr, "beat_load: a flag is out of its range; see --help\n");
    return 2;
  }
  return Run();
}
