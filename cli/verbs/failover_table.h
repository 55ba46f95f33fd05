#ifndef UNDERSTUDY_CLI_VERBS_FAILOVER_TABLE_H_
#define UNDERSTUDY_CLI_VERBS_FAILOVER_TABLE_H_

#include <string>

#include "cli/output/color.h"
#include "cli/output/table.h"
#include "understudy/config_vault/v1/registry.pb.h"

// Failovers as `failovers`, `drill` and the demonstration show them.
namespace understudy::cli {

// FAILOVER CAUSE FROM TO STATE DETECT ... RECOVERY AT.
Table FailoverTable();
void AddFailover(Table& table, const config_vault::v1::Failover& failover);

// All that is known of one.
Table FailoverDetails(const config_vault::v1::Failover& failover);

// One line for a change of one.
std::string FailoverLine(const config_vault::v1::Failover& failover, const Painter& painter);

// The stages' times in their order; a stage that did not take place is left out.
std::string StagesText(const config_vault::v1::StageTimes& stages);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_FAILOVER_TABLE_H_
