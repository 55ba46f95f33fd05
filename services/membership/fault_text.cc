#include "services/membership/fault_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"

namespace understudy::membership {
namespace {

const char* FaultName(int fault) {
  static constexpr const char* kNames[] = {"",
                                           "CPU over its limit",
                                           "memory over its limit",
                                           "disk over its limit",
                                           "native process dead",
                                           "native process over its memory limit",
                                           "native process silent"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kMaxFault + 1);
  return kNames[fault];
}

std::string DescribeFault(const Member& member, int fault) {
  const auto& reports = member.reported_faults;
  const auto report = std::find_if(
      reports.begin(), reports.end(),
      [fault](const FaultReport& each) { return each.fault == fault && !each.summary.empty(); });
  return report == reports.end() ? FaultName(fault) : report->summary;
}

}  // namespace

std::string DescribeFaults(const Member& member) {
  std::vector<std::string> texts;
  for (int fault = 1; fault <= kMaxFault; ++fault) {
    if ((member.faults() & FaultBit(fault)) != 0) texts.push_back(DescribeFault(member, fault));
  }
  return "the station reports: " + absl::StrJoin(texts, "; ");
}

}  // namespace understudy::membership
