#include "bench/membership/costs.h"

#include <algorithm>
#include <ctime>
#include <vector>

#include "common/beat/beat.h"
#include "services/membership/failure_detector.h"
#include "services/membership/shared_sessions.h"

namespace understudy::bench {
namespace {

using membership::HeardTimes;
using membership::SessionTable;
using membership::SharedSessions;

constexpr size_t kBatch = 64;
constexpr int kRounds = 10;

absl::Duration ThreadCpu() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

// The quickest of several runs: what it costs when nothing disturbs.
template <typename Work>
absl::Duration Quickest(Work work) {
  absl::Duration quickest = absl::InfiniteDuration();
  for (int i = 0; i < kRounds; ++i) {
    const absl::Duration before = ThreadCpu();
    work();
    quickest = std::min(quickest, ThreadCpu() - before);
  }
  return quickest;
}

absl::Duration MeasureMac() {
  constexpr int kCount = 100'000;
  const beat::SessionKey key = beat::SessionKey::Generate();
  const beat::Packet packet = beat::EncodeBeat({.session_id = 1, .sequence = 1}, key);
  int valid = 0;
  return Quickest([&] {
           for (int i = 0; i < kCount; ++i) valid += beat::VerifyMac(packet, key) ? 1 : 0;
         }) /
         kCount;
}

// One beat of every station, encoded beforehand, in batches.
absl::Duration MeasureAccept(size_t stations) {
  HeardTimes heard(stations);
  SharedSessions sessions(heard);
  std::vector<SessionTable::Opened> opened;
  for (size_t i = 0; i < stations; ++i) opened.push_back(*sessions.Open(SteadyTime()));
  std::vector<beat::Packet> packets(stations);
  uint64_t sequence = 0;
  absl::Duration quickest = absl::InfiniteDuration();
  for (int round = 0; round < kRounds; ++round) {
    ++sequence;
    for (size_t i = 0; i < stations; ++i) {
      packets[i] = beat::EncodeBeat({.session_id = opened[i].session_id, .sequence = sequence},
                                    opened[i].key);
    }
    std::vector<SharedSessions::Bytes> batch;
    SharedSessions::Outcome outcome;
    const absl::Duration before = ThreadCpu();
    for (size_t i = 0; i < stations; i += kBatch) {
      const size_t end = std::min(i + kBatch, stations);
      batch.assign(packets.begin() + static_cast<ptrdiff_t>(i),
                   packets.begin() + static_cast<ptrdiff_t>(end));
      sessions.AcceptBatch(batch, SteadyTime(), outcome);
    }
    quickest = std::min(quickest, ThreadCpu() - before);
  }
  return quickest / static_cast<double>(stations);
}

absl::Duration MeasureTick(size_t stations) {
  constexpr int kTicks = 300;
  const membership::DetectorPolicy policy;
  HeardTimes heard(stations);
  membership::FailureDetector detector(policy, heard);
  SteadyTime now = SteadyTime::FromNanoseconds(1'000'000'000);
  for (size_t i = 0; i < stations; ++i) {
    heard.Set(static_cast<membership::Slot>(i), now);
    detector.Watch(static_cast<membership::Slot>(i));
  }
  absl::Duration cpu;
  for (int tick = 0; tick < kTicks; ++tick) {
    now = now + policy.tick;
    // A tenth of the stations beat within each tick.
    for (size_t i = static_cast<size_t>(tick) % 10; i < stations; i += 10) {
      heard.Set(static_cast<membership::Slot>(i), now);
    }
    const absl::Duration before = ThreadCpu();
    detector.Tick(now);
    cpu += ThreadCpu() - before;
  }
  return cpu / kTicks;
}

}  // namespace

BeatCosts MeasureCosts(size_t stations) {
  return {.mac = MeasureMac(), .accept = MeasureAccept(stations), .tick = MeasureTick(stations)};
}

}  // namespace understudy::bench
