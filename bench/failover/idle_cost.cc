#include "bench/failover/idle_cost.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"

namespace understudy::bench {
namespace {

// Nanoseconds on a CPU, of all threads (/proc/PID/task/TID/schedstat, first field): utime and stime
// of /proc/PID/stat count in ticks of 10 ms, too coarse for an idle process.
uint64_t CpuNanoseconds(pid_t pid) {
  uint64_t sum = 0;
  std::error_code error;
  const std::string tasks = absl::StrCat("/proc/", pid, "/task");
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::ifstream file(task.path() / "schedstat");
    uint64_t nanoseconds = 0;
    file >> nanoseconds;
    sum += nanoseconds;
  }
  return sum;
}

uint64_t ResidentBytes(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/statm"));
  uint64_t total = 0;
  uint64_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

IdleCost MeasureIdle(const std::vector<cli::ProcessId>& processes, absl::Duration duration) {
  std::vector<uint64_t> before;
  for (const cli::ProcessId& process : processes) before.push_back(CpuNanoseconds(process.pid));
  const SteadyTime start = cli::SteadyNow();
  cli::Pause(duration);
  const double elapsed = absl::ToDoubleNanoseconds(cli::SteadyNow() - start);
  IdleCost cost;
  for (size_t i = 0; i < processes.size(); ++i) {
    const pid_t pid = processes[i].pid;
    const double percent = 100.0 * static_cast<double>(CpuNanoseconds(pid) - before[i]) / elapsed;
    cost.mean_cpu_percent += percent / static_cast<double>(processes.size());
    cost.worst_cpu_percent = std::max(cost.worst_cpu_percent, percent);
    cost.worst_resident_bytes = std::max(cost.worst_resident_bytes, ResidentBytes(pid));
  }
  return cost;
}

}  // namespace understudy::bench
