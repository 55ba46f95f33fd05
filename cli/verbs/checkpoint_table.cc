#include "cli/verbs/checkpoint_table.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"

namespace understudy::cli {

using checkpoint_store::v1::Device;

Cell DeviceStateCell(checkpoint_store::v1::DeviceState state) {
  Cell cell(EnumWord(DeviceState_Name(state), "DEVICE_STATE_"));
  if (state == checkpoint_store::v1::DEVICE_STATE_ACTIVE) cell.color = Color::kGreen;
  if (state == checkpoint_store::v1::DEVICE_STATE_OVERDUE) cell.color = Color::kRed;
  if (state == checkpoint_store::v1::DEVICE_STATE_REVOKED) cell.color = Color::kDim;
  return cell;
}

std::string BatteryText(const Device& device) {
  const auto& battery = device.battery();
  std::string text;
  if (battery.has_percent()) {
    absl::StrAppend(&text, std::round(battery.percent() * 10) / 10, " %");
  }
  if (battery.has_millivolts()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", battery.millivolts(), " mV");
  }
  return text;
}

std::string OriginWord(checkpoint_store::v1::Origin origin) {
  return EnumWord(Origin_Name(origin), "ORIGIN_");
}

std::string CheckpointName(const std::string& name) { return name.empty() ? "-" : name; }

Table DeviceTable() {
  using Align = Table::Align;
  return Table({"DEVICE",
                "STATE",
                {"GENERATION", Align::kRight},
                {"CYCLES", Align::kRight},
                {"SIZE", Align::kRight},
                "LAST CYCLE",
                {"INTERVAL", Align::kRight},
                "BATTERY",
                {"SUSPICIONS", Align::kRight}});
}

void AddDeviceRow(const Device& device, Table& table) {
  table.AddRow({device.device_id(), DeviceStateCell(device.state()),
                absl::StrCat(device.generation()), absl::StrCat(device.cycles()),
                SizeText(device.size()),
                device.has_last_cycle() ? TimeText(ToTime(device.last_cycle())) : "",
                device.has_interval() ? DurationText(ToDuration(device.interval())) : "",
                BatteryText(device),
                Cell(absl::StrCat(device.suspicions()),
                     device.suspicions() > 0 ? Color::kRed : Color::kPlain)});
}

}  // namespace understudy::cli
