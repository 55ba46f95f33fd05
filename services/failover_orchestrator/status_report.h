#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATUS_REPORT_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATUS_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "services/failover_orchestrator/failover_core.h"

namespace understudy::failover_orchestrator {

// What people are shown of the core.
struct DutyReport {
  Duty duty;
  DocumentState document;
  struct ReadySpare {
    std::string station_id;
    uint64_t left_over = 0;
    bool staged = false;
  };
  // Best first.
  std::vector<ReadySpare> spares;
  std::optional<FailoverRecord> failover;
};

// By duty id.
std::vector<DutyReport> ReportDuties(const FailoverCore& core);

// What needs a person: duties that wait and what they lack, duties that nobody could take over,
// documents that are missing or not staged, strict fences that do not clear. At most 1,000 lines.
std::vector<std::string> ReportWarnings(const FailoverCore& core);

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATUS_REPORT_H_
