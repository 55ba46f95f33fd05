#include "services/checkpoint_store/energy/energy_units.h"

#include <array>
#include <cmath>
#include <optional>
#include <span>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

struct Unit {
  std::string_view name;
  double factor;
  // Whether a voltage makes it what is asked for.
  bool times_volts;
};

constexpr std::array<Unit, 8> kPowers = {{{"W", 1, false},
                                          {"mW", 1e-3, false},
                                          {"uW", 1e-6, false},
                                          {"µW", 1e-6, false},
                                          {"A", 1, true},
                                          {"mA", 1e-3, true},
                                          {"uA", 1e-6, true},
                                          {"µA", 1e-6, true}}};
constexpr std::array<Unit, 6> kEnergies = {{{"mAh", 3.6, true},
                                            {"Ah", 3'600, true},
                                            {"Wh", 3'600, false},
                                            {"mWh", 3.6, false},
                                            {"J", 1, false},
                                            {"kJ", 1e3, false}}};
constexpr std::array<Unit, 2> kVoltages = {{{"V", 1, false}, {"mV", 1e-3, false}}};

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

// The number in front; `rest` gets what follows it, without blanks.
std::optional<double> LeadingNumber(std::string_view text, std::string_view& rest) {
  size_t end = 0;
  while (end < text.size() &&
         (absl::ascii_isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.')) {
    ++end;
  }
  double value = 0;
  if (end == 0 || !absl::SimpleAtod(Absl(text.substr(0, end)), &value)) return std::nullopt;
  while (end < text.size() && text[end] == ' ') ++end;
  rest = text.substr(end);
  return value;
}

std::optional<double> ParseQuantity(std::string_view text, std::span<const Unit> units,
                                    double volts) {
  std::string_view name;
  const std::optional<double> value = LeadingNumber(text, name);
  if (!value.has_value() || !std::isfinite(*value)) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name == name) return *value * unit.factor * (unit.times_volts ? volts : 1);
  }
  return std::nullopt;
}

absl::Status Invalid(const char* reason, std::string_view text, const char* right) {
  const std::string value(text);
  return MakeError(absl::StatusCode::kInvalidArgument, reason,
                   absl::StrCat("expected ", right, ", found \"", value, "\""), {{"value", value}});
}

struct Prefix {
  double factor;
  const char* name;
};

std::string QuantityText(double value, const char* unit) {
  constexpr std::array<Prefix, 6> kPrefixes = {
      {{1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "µ"}, {1e-9, "n"}}};
  if (value < 0) return "-" + QuantityText(-value, unit);
  if (value < 1e-12) return absl::StrCat("0 ", unit);
  const Prefix* prefix = &kPrefixes.back();
  for (const Prefix& candidate : kPrefixes) {
    // 999.6 mW is 1.00 W.
    if (value / candidate.factor < 0.9995) continue;
    prefix = &candidate;
    break;
  }
  const double shown = value / prefix->factor;
  const int decimals = shown >= 99.95 ? 0 : shown >= 9.995 ? 1 : 2;
  return absl::StrFormat("%.*f %s%s", decimals, shown, prefix->name, unit);
}

}  // namespace

absl::StatusOr<double> ParseWatts(std::string_view text, double volts) {
  const std::optional<double> watts = ParseQuantity(text, kPowers, volts);
  if (watts.has_value()) return *watts;
  return Invalid("INVALID_POWER", text, "a power such as 0.5mW or 66uW, or a current such as 20uA");
}

absl::StatusOr<double> ParseJoules(std::string_view text, double volts) {
  const std::optional<double> joules = ParseQuantity(text, kEnergies, volts);
  if (joules.has_value()) return *joules;
  return Invalid("INVALID_ENERGY", text, "an energy such as 2500mAh, 9Wh or 32400J");
}

absl::StatusOr<double> ParseVolts(std::string_view text) {
  const std::optional<double> volts = ParseQuantity(text, kVoltages, 1);
  if (volts.has_value() && *volts > 0 && *volts <= 1'000) return *volts;
  return Invalid("INVALID_VOLTAGE", text, "a voltage such as 3.3V");
}

std::string WattsText(double watts) { return QuantityText(watts, "W"); }

std::string JoulesText(double joules) { return QuantityText(joules, "J"); }

}  // namespace understudy::checkpoint_store
