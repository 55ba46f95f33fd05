// usage: compare [RUNS [ONLY]]
//
// With ONLY, just the comparisons whose title begins so, of the runtime and bare epoll: for a
// profiler, and for a look between two changes.
//
// Holds the coroutine runtime against others, in one run. Every figure is processor time, taken in
// a process of its own; medians with the lowest and highest of the runs.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/runtime/contenders.h"
#include "bench/runtime/echo_load.h"
#include "bench/runtime/measure.h"

namespace understudy::bench {
namespace {

using Measure = std::function<double()>;

std::string only;  // every title begins with nothing

void Compare(const std::string& title, const char* unit, int runs,
             const std::vector<std::pair<std::string, Measure>>& measures) {
  if (!title.starts_with(only)) return;
  std::printf("%s\n", title.c_str());
  std::vector<Series> all;
  for (const auto& [name, measure] : measures) {
    if (measure) all.push_back({name, {}});
  }
  // In turn, so that a busy moment of the machine is shared by all.
  for (int run = 0; run < runs; ++run) {
    auto series = all.begin();
    for (const auto& [name, measure] : measures) {
      if (measure) RunForked(*series++, measure);
    }
  }
  for (const Series& series : all) Print(series, unit);
  std::printf("\n");
}

template <typename Choose>
std::vector<std::pair<std::string, Measure>> Each(const std::vector<Contender>& all,
                                                  Choose choose) {
  std::vector<std::pair<std::string, Measure>> measures;
  for (const Contender& one : all) measures.emplace_back(one.name, choose(one));
  return measures;
}

void RunAll(int runs) {
  std::vector<Contender> all = {Understudy(), BareEpoll()};
  if (only.empty()) {
    all.insert(all.begin() + 1,
               {UcontextPool(), BoostFiber(), BoostCoroutine2(), StateThreads(), Stackless()});
  }
  const auto when = [](const auto& function, auto... arguments) -> Measure {
    if (!function) return nullptr;
    return [=] { return function(arguments...); };
  };
  Compare("create 10,000, the first in the process", "ns", runs,
          Each(all, [&](const Contender& one) { return when(one.create, 10'000); }));
  Compare("create, run to the end, recycle (warm)", "ns", runs,
          Each(all, [&](const Contender& one) { return when(one.life, 100'000); }));
  Compare("switch, 2 in turn", "ns", runs,
          Each(all, [&](const Contender& one) { return when(one.change, 2, 2'000'000); }));
  Compare("switch, 10,000 in turn", "ns", runs,
          Each(all, [&](const Contender& one) { return when(one.change, 10'000, 1'000'000); }));
  Compare("memory of one that is parked, of 10,000", "bytes", std::min(runs, 3),
          Each(all, [&](const Contender& one) { return when(one.memory, 10'000); }));
  Compare("arm and fire a timer, 100,000 that sleep", "ns", std::min(runs, 3),
          Each(all, [&](const Contender& one) { return when(one.timers, 100'000); }));
  Compare("arm and fire a timer, 1,000 that sleep", "ns", runs,
          Each(all, [&](const Contender& one) { return when(one.timers, 1000); }));
  Compare("TCP echo, 100 connections, 64 bytes: server's time for a request", "ns", runs,
          Each(all, [&](const Contender& one) -> Measure {
            if (!one.echo) return nullptr;
            return [one] { return MeasureEcho(one.echo, 100, 50'000); };
          }));
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 7;
  if (argc > 2) understudy::bench::only = argv[2];
  understudy::bench::RunAll(runs > 0 ? runs : 7);
  return 0;
}
