#include "bench/runtime/measure.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "bench/runtime/contenders.h"

namespace understudy::bench {
namespace {

double Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

}  // namespace

double ThreadCpuNanoseconds() { return Read(CLOCK_THREAD_CPUTIME_ID); }

bool SleepRounds::Wake() {
  if (++woken_ == count_) {
    woken_ = 0;
    if (round_ == 0) begin_ = ThreadCpuNanoseconds();
    if (round_ == kRounds) end_ = ThreadCpuNanoseconds();
    ++round_;
  }
  return woken_ == 1 % count_;
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Print(const Series& series, const char* unit) {
  if (series.values.empty()) {
    std::printf("  %-28s no result\n", series.contender.c_str());
    return;
  }
  const auto [low, high] = std::minmax_element(series.values.begin(), series.values.end());
  std::printf("  %-28s %9.1f %s   (%.1f .. %.1f, %zu runs)\n", series.contender.c_str(),
              Median(series.values), unit, *low, *high, series.values.size());
  std::fflush(stdout);
}

void RunForked(Series& series, const std::function<double()>& body) {
  int ends[2];
  if (pipe(ends) != 0) return;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const double value = body();
    const bool written = write(ends[1], &value, sizeof(value)) == sizeof(value);
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  double value = 0;
  if (read(ends[0], &value, sizeof(value)) == sizeof(value)) series.values.push_back(value);
  close(ends[0]);
  waitpid(child, nullptr, 0);
}

double MemoryInUse() {
  std::ifstream status("/proc/self/status");
  double total = 0;
  for (std::string line; std::getline(status, line);) {
    for (const char* key : {"VmRSS:", "VmPTE:"}) {
      if (line.rfind(key, 0) == 0) total += 1024 * std::atof(line.c_str() + 6);
    }
  }
  return total;
}

}  // namespace understudy::bench
