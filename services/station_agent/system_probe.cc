#include "services/station_agent/system_probe.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <charconv>
#include <vector>

namespace understudy::station_agent {
namespace {

// The first bytes are enough: what we look for stands in the first lines.
std::string ReadHead(const std::string& path) {
  char buffer[2048];
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const ssize_t got = read(fd, buffer, sizeof buffer);
  close(fd);
  return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
}

// The numbers of one line, words skipped.
std::vector<uint64_t> NumbersOf(std::string_view line) {
  std::vector<uint64_t> numbers;
  const char* at = line.data();
  const char* const end = at + line.size();
  while (at < end && *at != '\n') {
    uint64_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error == std::errc()) numbers.push_back(number);
    at = error == std::errc() ? next : at + 1;
  }
  return numbers;
}

std::optional<uint64_t> NumberAfter(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::vector<uint64_t> numbers = NumbersOf(text.substr(at + key.size()));
  if (numbers.empty()) return std::nullopt;
  return numbers.front();
}

}  // namespace

std::optional<CpuTicks> ParseCpuTicks(std::string_view proc_stat) {
  // cpu  user nice system idle iowait irq softirq steal guest guest_nice
  if (!proc_stat.starts_with("cpu ")) return std::nullopt;
  const std::vector<uint64_t> ticks = NumbersOf(proc_stat);
  if (ticks.size() < 8) return std::nullopt;
  CpuTicks sum;
  // Guest time is in user time already.
  for (size_t i = 0; i < 8; ++i) sum.total += ticks[i];
  sum.busy = sum.total - ticks[3] - ticks[4];
  return sum;
}

std::optional<double> ParseMemoryUsed(std::string_view proc_meminfo) {
  const auto total = NumberAfter(proc_meminfo, "MemTotal:");
  const auto available = NumberAfter(proc_meminfo, "MemAvailable:");
  if (!total.has_value() || !available.has_value() || *total == 0 || *available > *total) {
    return std::nullopt;
  }
  return 1.0 - static_cast<double>(*available) / static_cast<double>(*total);
}

std::optional<uint64_t> ParseResidentPages(std::string_view proc_statm) {
  const std::vector<uint64_t> numbers = NumbersOf(proc_statm);
  if (numbers.size() < 2) return std::nullopt;
  return numbers[1];
}

double SystemProbe::CpuUsed() {
  const auto ticks = ParseCpuTicks(ReadHead("/proc/stat"));
  if (!ticks.has_value()) return 0;
  const bool first = total_ == 0;
  const uint64_t busy = ticks->busy - busy_;
  const uint64_t total = ticks->total - total_;
  busy_ = ticks->busy;
  total_ = ticks->total;
  // Idle time may step back by a tick.
  if (first || total == 0 || busy > total) return 0;
  return static_cast<double>(busy) / static_cast<double>(total);
}

double DiskUsed(const std::string& directory) {
  struct statvfs info;
  if (statvfs(directory.c_str(), &info) != 0 || info.f_blocks == 0) return 0;
  // Of what this user could have.
  const double used = static_cast<double>(info.f_blocks - info.f_bfree);
  const double available = static_cast<double>(info.f_bavail);
  return used + available == 0 ? 0 : used / (used + available);
}

SystemProbe::Figures SystemProbe::Look(uint32_t pid) {
  Figures figures;
  figures.cpu_used = CpuUsed();
  figures.memory_used = ParseMemoryUsed(ReadHead("/proc/meminfo")).value_or(0);
  if (pid != 0) {
    const auto pages = ParseResidentPages(ReadHead("/proc/" + std::to_string(pid) + "/statm"));
    figures.resident_bytes = pages.value_or(0) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  }
  return figures;
}

}  // namespace understudy::station_agent
