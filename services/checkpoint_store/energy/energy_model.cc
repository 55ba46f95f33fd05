#include "services/checkpoint_store/energy/energy_model.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_format.h"
#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

constexpr double kTieFraction = 1e-12;

absl::Status Invalid(const char* field, const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_ENERGY_PARAMETERS", message,
                   {{"field", field}});
}

absl::Status CheckRange(const char* field, double value, double most, const char* unit) {
  // Also catches what is no number.
  if (value >= 0 && value <= most) return absl::OkStatus();
  return Invalid(
      field, absl::StrFormat("%s is %g %s; expected 0 to %g %s", field, value, unit, most, unit));
}

absl::Status CheckPowers(const EnergyParameters& p) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckRange("active power", p.active_watts, kMaxWatts, "W"));
  UNDERSTUDY_RETURN_IF_ERROR(CheckRange("transfer power", p.transfer_watts, kMaxWatts, "W"));
  UNDERSTUDY_RETURN_IF_ERROR(CheckRange("light sleep power", p.light_sleep_watts, kMaxWatts, "W"));
  return CheckRange("deep sleep power", p.deep_sleep_watts, kMaxWatts, "W");
}

absl::Status CheckTimes(const EnergyParameters& p) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckRange("cycle", p.cycle_seconds, kMaxCycleSeconds, "s"));
  UNDERSTUDY_RETURN_IF_ERROR(CheckRange("active time", p.active_seconds, kMaxCycleSeconds, "s"));
  UNDERSTUDY_RETURN_IF_ERROR(
      CheckRange("transfer time", p.transfer_seconds, kMaxCycleSeconds, "s"));
  const double busy = p.active_seconds + p.transfer_seconds;
  if (p.cycle_seconds > busy) return absl::OkStatus();
  return Invalid("cycle", absl::StrFormat("a cycle of %g s leaves no time to sleep: work and "
                                          "transfer take %g s",
                                          p.cycle_seconds, busy));
}

double LocalJoules(const EnergyParameters& p, double cycle) {
  return p.active_watts * p.active_seconds + p.light_sleep_watts * (cycle - p.active_seconds);
}

double RemoteJoules(const EnergyParameters& p, double cycle) {
  return p.active_watts * p.active_seconds + p.transfer_watts * p.transfer_seconds +
         p.deep_sleep_watts * (cycle - p.active_seconds - p.transfer_seconds);
}

EnergySide Side(double joules, const EnergyParameters& p) {
  EnergySide side;
  side.joules_per_cycle = joules;
  side.average_watts = joules / p.cycle_seconds;
  // A side that needs nothing has no end; it is told as none.
  if (joules > 0) side.cycles = std::floor(p.battery_joules / joules);
  side.lifetime_seconds = side.cycles * p.cycle_seconds;
  return side;
}

void Decide(EnergyVerdict& verdict) {
  const double local = verdict.local.joules_per_cycle;
  const double remote = verdict.remote.joules_per_cycle;
  const double larger = std::max(local, remote);
  verdict.saved_joules_per_cycle = std::abs(local - remote);
  if (verdict.saved_joules_per_cycle <= larger * kTieFraction) return;
  verdict.saved_fraction = verdict.saved_joules_per_cycle / larger;
  verdict.winner = remote < local ? EnergyWinner::kRemote : EnergyWinner::kLocal;
}

// (8) and what follows from it.
void SolveForms(const EnergyParameters& p, EnergyVerdict& verdict) {
  const double asleep = p.cycle_seconds - p.active_seconds;
  const double shared = p.active_watts * p.active_seconds;
  verdict.local_sleep_joules = verdict.local.joules_per_cycle - shared;
  verdict.remote_sleep_joules = verdict.remote.joules_per_cycle - shared;
  verdict.transfer_price_joules = (p.transfer_watts - p.deep_sleep_watts) * p.transfer_seconds;
  verdict.deep_sleep_gain_joules = (p.light_sleep_watts - p.deep_sleep_watts) * asleep;
  const double slope = verdict.transfer_price_joules / asleep;
  verdict.light_sleep_threshold_watts = slope + p.deep_sleep_watts;
  verdict.light_sleep_threshold_other_sign_watts = slope - p.deep_sleep_watts;
  const double gain_watts = p.light_sleep_watts - p.deep_sleep_watts;
  if (gain_watts <= 0) return;
  // A cycle shorter than its own work and transfer does not exist.
  verdict.break_even_cycle_seconds =
      std::max(p.active_seconds + verdict.transfer_price_joules / gain_watts,
               p.active_seconds + p.transfer_seconds);
}

// As far as the curves are drawn when nobody says.
double LongestShown(const EnergyParameters& p) {
  const double gain = p.light_sleep_watts - p.deep_sleep_watts;
  const double price = (p.transfer_watts - p.deep_sleep_watts) * p.transfer_seconds;
  const double crossing = gain > 0 ? p.active_seconds + price / gain : 0;
  // A crossing far out would flatten all that matters.
  const double shown = crossing <= 20 * p.cycle_seconds ? crossing : 0;
  return std::min(2 * std::max(p.cycle_seconds, shown), kMaxCycleSeconds);
}

}  // namespace

absl::Status CheckEnergyParameters(const EnergyParameters& parameters) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckPowers(parameters));
  UNDERSTUDY_RETURN_IF_ERROR(CheckTimes(parameters));
  return CheckRange("battery", parameters.battery_joules, kMaxBatteryJoules, "J");
}

absl::StatusOr<EnergyVerdict> JudgeEnergy(const EnergyParameters& parameters) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEnergyParameters(parameters));
  EnergyVerdict verdict;
  verdict.local = Side(LocalJoules(parameters, parameters.cycle_seconds), parameters);
  verdict.remote = Side(RemoteJoules(parameters, parameters.cycle_seconds), parameters);
  Decide(verdict);
  SolveForms(parameters, verdict);
  return verdict;
}

absl::StatusOr<std::vector<EnergyPoint>> EnergyCurves(const EnergyParameters& parameters,
                                                      int points,
                                                      std::optional<double> longest_seconds) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEnergyParameters(parameters));
  if (points < kMinCurvePoints || points > kMaxCurvePoints) {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "INVALID_CURVE",
        absl::StrFormat("%d points; expected %d to %d", points, kMinCurvePoints, kMaxCurvePoints),
        {{"field", "points"}});
  }
  const double shortest = parameters.active_seconds + parameters.transfer_seconds;
  const double longest = longest_seconds.value_or(LongestShown(parameters));
  if (!(longest > shortest && longest <= kMaxCycleSeconds)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_CURVE",
                     absl::StrFormat("the longest cycle is %g s; expected more than %g s and at "
                                     "most %g s",
                                     longest, shortest, kMaxCycleSeconds),
                     {{"field", "longest_cycle"}});
  }
  std::vector<EnergyPoint> curve;
  curve.reserve(static_cast<size_t>(points));
  for (int i = 0; i < points; ++i) {
    const double cycle = shortest + (longest - shortest) * i / (points - 1);
    curve.push_back({cycle, LocalJoules(parameters, cycle), RemoteJoules(parameters, cycle)});
  }
  return curve;
}

}  // namespace understudy::checkpoint_store
