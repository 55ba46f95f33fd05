#include <benchmark/benchmark.h>

#include "common/beat/beat.h"

namespace understudy::beat {
namespace {

void BM_EncodeBeat(benchmark::State& state) {
  const SessionKey key = SessionKey::Generate();
  Beat beat{.session_id = 1};
  for (auto _ : state) {
    ++beat.sequence;
    benchmark::DoNotOptimize(EncodeBeat(beat, key));
  }
}
BENCHMARK(BM_EncodeBeat);

void BM_DecodeBeat(benchmark::State& state) {
  const SessionKey key = SessionKey::Generate();
  const Packet packet = EncodeBeat(Beat{.session_id = 1, .sequence = 1}, key);
  Beat beat;
  for (auto _ : state) benchmark::DoNotOptimize(DecodeBeat(packet, key, beat));
}
BENCHMARK(BM_DecodeBeat);

}  // namespace
}  // namespace understudy::beat
