#include "bench/checkpoint_store/server_cost.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace understudy::bench {
namespace {

absl::Duration CpuOf(int pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  std::getline(file, text);
  // The name may hold blanks; it ends with the last parenthesis.
  const size_t end = text.rfind(')');
  if (end == std::string::npos) return absl::ZeroDuration();
  std::istringstream rest(text.substr(end + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) rest >> skipped;
  uint64_t user = 0;
  uint64_t system = 0;
  rest >> user >> system;
  return absl::Seconds(static_cast<double>(user + system) /
                       static_cast<double>(sysconf(_SC_CLK_TCK)));
}

uint64_t PrivateBytesOf(int pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/smaps_rollup"));
  uint64_t kibibytes = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    uint64_t value = 0;
    words >> name >> value;
    if (name == "Private_Clean:" || name == "Private_Dirty:") kibibytes += value;
  }
  return kibibytes * 1024;
}

}  // namespace

ServerCost CostOf(const std::vector<int>& pids) {
  ServerCost cost;
  for (const int pid : pids) {
    cost.cpu += CpuOf(pid);
    cost.private_bytes += PrivateBytesOf(pid);
  }
  return cost;
}

}  // namespace understudy::bench
