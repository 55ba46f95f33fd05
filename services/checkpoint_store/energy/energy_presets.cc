#include "services/checkpoint_store/energy/energy_presets.h"

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

// Two cells of AA size, 2,500 mAh each, in series, all of it usable: 2.5 Ah at 3 V.
constexpr double kTwoCellsJoules = 2.5 * 3'600 * 3.0;

constexpr double kEsp8266DeepWatts = 20e-6 * 3.3;
constexpr double kEsp8266LightWatts = 0.9e-3 * 3.3;
constexpr double kEsp8266RadioWatts = 75e-3 * 3.3;

constexpr EnergyParameters Esp8266(double light_sleep_watts, double transfer_seconds) {
  return {.cycle_seconds = 1'800,
          .active_seconds = 1,
          .active_watts = 15e-3 * 3.3,
          .transfer_seconds = transfer_seconds,
          .transfer_watts = kEsp8266RadioWatts,
          .light_sleep_watts = light_sleep_watts,
          .deep_sleep_watts = kEsp8266DeepWatts,
          .battery_joules = kTwoCellsJoules};
}

constexpr std::array<EnergyPreset, 4> kPresets = {{
    {"esp8266", "an ESP8266 on Wi-Fi: light sleep of its own against deep sleep",
     "ESP8266EX data sheet, table 3-4: light sleep 0.9 mA, deep sleep 20 uA, modem sleep 15 mA for "
     "the work; 75 mA with the radio on as esp8266.com's wiki measured; all at 3.3 V. Assumed: 2 s "
     "to start, associate, shake hands and exchange the checkpoint",
     Esp8266(kEsp8266LightWatts, 2)},
    {"mcu-retention",
     "a microcontroller that keeps 2 KiB of RAM at 2 uA: light sleep wins",
     "Assumed: 2 uA with RAM and 1 uA without, 5 mA for the work, 75 mA for 2 s of transfer; 3.3 V",
     {.cycle_seconds = 1'800,
      .active_seconds = 1,
      .active_watts = 5e-3 * 3.3,
      .transfer_seconds = 2,
      .transfer_watts = kEsp8266RadioWatts,
      .light_sleep_watts = 2e-6 * 3.3,
      .deep_sleep_watts = 1e-6 * 3.3,
      .battery_joules = kTwoCellsJoules}},
    {"paper-table2", "light sleep must take more than 0.5 mW (the result of the paper's Table 2)",
     "A reconstruction: the paper's table of inputs was not at hand. The preset esp8266, cycle "
     "1,800 s, and a transfer of 3.15 s chosen so that (10) gives the paper's 0.5 mW, rounded",
     Esp8266(kEsp8266LightWatts, 3.15)},
    {"paper-table5", "deep sleep wins from about 1,800 s on (the result of the paper's Table 5)",
     "A reconstruction: the paper's table of inputs was not at hand. The inputs of paper-table2 "
     "with "
     "its rounded 0.5 mW as the light sleep; (8) then gives 1,797 s",
     Esp8266(0.5e-3, 3.15)},
}};

}  // namespace

std::span<const EnergyPreset> EnergyPresets() { return kPresets; }

absl::StatusOr<EnergyPreset> FindEnergyPreset(std::string_view name) {
  std::string known;
  for (const EnergyPreset& preset : kPresets) {
    if (preset.name == name) return preset;
    absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(preset.name));
  }
  const std::string wanted(name);
  return MakeError(absl::StatusCode::kNotFound, "NO_SUCH_PRESET",
                   absl::StrCat("no preset \"", wanted, "\"; there are ", known),
                   {{"preset", wanted}});
}

}  // namespace understudy::checkpoint_store
