#ifndef UNDERSTUDY_CLI_VERBS_DUTY_TABLE_H_
#define UNDERSTUDY_CLI_VERBS_DUTY_TABLE_H_

#include "cli/output/table.h"
#include "understudy/failover_orchestrator/v1/failover_orchestrator.pb.h"

// Duties as `status` and `duties` show them.
namespace understudy::cli {

class Context;

// DUTY RUNS-ON REVISION SHA-256 SPARES.
Table DutyTable(const failover_orchestrator::v1::GetStatusResponse& status);

// The station that runs the duty; "nobody" while it waits.
Cell RunsOnCell(const failover_orchestrator::v1::DutyStatus& duty);

// The orchestrator's warnings, one a line, behind the table.
void PrintWarnings(const failover_orchestrator::v1::GetStatusResponse& status, Context& context);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_DUTY_TABLE_H_
