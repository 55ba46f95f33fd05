#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_SYSTEM_PROBE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_SYSTEM_PROBE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::station_agent {

// How busy the machine is. Reads /proc, which waits for no disk; a figure that cannot be had is 0.
// Not thread-safe.
class SystemProbe {
 public:
  struct Figures {
    // Shares, 0 to 1. CPU: since the last call.
    double cpu_used = 0;
    double memory_used = 0;
    // Of `pid`; 0 when there is no such process.
    uint64_t resident_bytes = 0;
  };
  // `pid` 0: no process.
  Figures Look(uint32_t pid);

 private:
  double CpuUsed();

  uint64_t busy_ = 0;
  uint64_t total_ = 0;
};

// The used share of the file system that holds `directory`, as df counts; 0 when it cannot be had.
// May take as long as a sick disk likes.
double DiskUsed(const std::string& directory);

// What the files say. For tests.
struct CpuTicks {
  uint64_t busy = 0;
  uint64_t total = 0;
};
std::optional<CpuTicks> ParseCpuTicks(std::string_view proc_stat);
// Used share: 1 - MemAvailable / MemTotal.
std::optional<double> ParseMemoryUsed(std::string_view proc_meminfo);
std::optional<uint64_t> ParseResidentPages(std::string_view proc_statm);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_SYSTEM_PROBE_H_
