#ifndef UNDERSTUDY_CLI_VERBS_CHECKPOINT_TABLE_H_
#define UNDERSTUDY_CLI_VERBS_CHECKPOINT_TABLE_H_

#include <string>

#include "cli/output/table.h"
#include "understudy/checkpoint_store/v1/checkpoint_admin.pb.h"

// How checkpoint-store's devices are shown.
namespace understudy::cli {

// With the colour of good or bad news.
Cell DeviceStateCell(checkpoint_store::v1::DeviceState state);
// "87 %, 2950 mV"; empty when the device told none.
std::string BatteryText(const checkpoint_store::v1::Device& device);
// "device" or "operator".
std::string OriginWord(checkpoint_store::v1::Origin origin);
// The name of a checkpoint as people see it: "-" for the default one.
std::string CheckpointName(const std::string& name);

// A table with a row for each device to be added by AddDeviceRow.
Table DeviceTable();
void AddDeviceRow(const checkpoint_store::v1::Device& device, Table& table);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_CHECKPOINT_TABLE_H_
