#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_UNITS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_UNITS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// Powers and energies as people write them in data sheets, and back. Pure, thread-safe.
namespace understudy::checkpoint_store {

// "0.5mW", "66 uW", "1W"; or a current, "20uA", "56mA", "0.1A", times `volts`. INVALID_ARGUMENT
// INVALID_POWER (metadata: value).
absl::StatusOr<double> ParseWatts(std::string_view text, double volts);

// "2500mAh", "2.5Ah" times `volts`; "9Wh", "900mWh", "32400J", "32.4kJ". INVALID_ARGUMENT
// INVALID_ENERGY (metadata: value).
absl::StatusOr<double> ParseJoules(std::string_view text, double volts);

// "3.3V", "3300mV". INVALID_ARGUMENT INVALID_VOLTAGE (metadata: value) unless above 0 and at most
// 1,000 V.
absl::StatusOr<double> ParseVolts(std::string_view text);

// Three figures and a unit: "498 µW", "1.30 mW", "185 mW"; "0 W".
std::string WattsText(double watts);
// "842 mJ", "1.20 J", "32.4 kJ".
std::string JoulesText(double joules);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_UNITS_H_
