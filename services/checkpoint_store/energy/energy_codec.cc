#include "services/checkpoint_store/energy/energy_codec.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "common/status/status.h"
#include "services/checkpoint_store/energy/energy_presets.h"

namespace understudy::checkpoint_store {
namespace {

double Seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

void SetSeconds(double seconds, google::protobuf::Duration& duration) {
  const double whole = std::floor(seconds);
  duration.set_seconds(static_cast<int64_t>(whole));
  duration.set_nanos(static_cast<int32_t>(std::lround((seconds - whole) * 1e9)));
  if (duration.nanos() < 1'000'000'000) return;
  duration.set_seconds(duration.seconds() + 1);
  duration.set_nanos(0);
}

// What is set in the message over what is there.
void Override(const v1::EnergyParameters& from, EnergyParameters& to) {
  if (from.has_cycle()) to.cycle_seconds = Seconds(from.cycle());
  if (from.has_active_time()) to.active_seconds = Seconds(from.active_time());
  if (from.has_active_watts()) to.active_watts = from.active_watts();
  if (from.has_transfer_time()) to.transfer_seconds = Seconds(from.transfer_time());
  if (from.has_transfer_watts()) to.transfer_watts = from.transfer_watts();
  if (from.has_light_sleep_watts()) to.light_sleep_watts = from.light_sleep_watts();
  if (from.has_deep_sleep_watts()) to.deep_sleep_watts = from.deep_sleep_watts();
  if (from.has_battery_joules()) to.battery_joules = from.battery_joules();
}

void Encode(const EnergyParameters& from, v1::EnergyParameters& to) {
  SetSeconds(from.cycle_seconds, *to.mutable_cycle());
  SetSeconds(from.active_seconds, *to.mutable_active_time());
  to.set_active_watts(from.active_watts);
  SetSeconds(from.transfer_seconds, *to.mutable_transfer_time());
  to.set_transfer_watts(from.transfer_watts);
  to.set_light_sleep_watts(from.light_sleep_watts);
  to.set_deep_sleep_watts(from.deep_sleep_watts);
  to.set_battery_joules(from.battery_joules);
}

void Encode(const EnergySide& from, v1::EnergySide& to) {
  to.set_joules_per_cycle(from.joules_per_cycle);
  to.set_average_watts(from.average_watts);
  to.set_cycles(from.cycles);
  to.set_lifetime_seconds(from.lifetime_seconds);
}

v1::EnergyWinner Encode(EnergyWinner winner) {
  switch (winner) {
    case EnergyWinner::kLocal:
      return v1::ENERGY_WINNER_LOCAL;
    case EnergyWinner::kRemote:
      return v1::ENERGY_WINNER_REMOTE;
    case EnergyWinner::kTie:
      break;
  }
  return v1::ENERGY_WINNER_TIE;
}

void Encode(const EnergyVerdict& from, v1::ComputeEnergyResponse& to) {
  Encode(from.local, *to.mutable_local());
  Encode(from.remote, *to.mutable_remote());
  to.set_winner(Encode(from.winner));
  to.set_saved_joules_per_cycle(from.saved_joules_per_cycle);
  to.set_saved_fraction(from.saved_fraction);
  to.set_local_sleep_joules(from.local_sleep_joules);
  to.set_remote_sleep_joules(from.remote_sleep_joules);
  to.set_transfer_price_joules(from.transfer_price_joules);
  to.set_deep_sleep_gain_joules(from.deep_sleep_gain_joules);
  if (from.break_even_cycle_seconds.has_value()) {
    to.set_break_even_cycle_seconds(*from.break_even_cycle_seconds);
  }
  to.set_light_sleep_threshold_watts(from.light_sleep_threshold_watts);
  to.set_light_sleep_threshold_other_sign_watts(from.light_sleep_threshold_other_sign_watts);
}

absl::Status AddCurve(const v1::ComputeEnergyRequest& request, const EnergyParameters& parameters,
                      v1::ComputeEnergyResponse& response) {
  if (request.curve_points() == 0) return absl::OkStatus();
  std::optional<double> longest;
  if (request.has_longest_cycle()) longest = Seconds(request.longest_cycle());
  // Beyond an int it is too many as well.
  const int points = static_cast<int>(
      std::min(request.curve_points(), static_cast<uint32_t>(kMaxCurvePoints) + 1));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto curve, EnergyCurves(parameters, points, longest));
  for (const EnergyPoint& point : curve) {
    v1::EnergyPoint& added = *response.add_curve();
    added.set_cycle_seconds(point.cycle_seconds);
    added.set_local_joules(point.local_joules);
    added.set_remote_joules(point.remote_joules);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ComputeEnergyResponse> ComputeEnergy(const v1::ComputeEnergyRequest& request) {
  v1::ComputeEnergyResponse response;
  EnergyParameters parameters;
  if (!request.preset().empty()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const EnergyPreset preset, FindEnergyPreset(request.preset()));
    parameters = preset.parameters;
    response.set_preset_source(std::string(preset.source));
  }
  Override(request.parameters(), parameters);
  UNDERSTUDY_ASSIGN_OR_RETURN(const EnergyVerdict verdict, JudgeEnergy(parameters));
  Encode(parameters, *response.mutable_parameters());
  Encode(verdict, response);
  UNDERSTUDY_RETURN_IF_ERROR(AddCurve(request, parameters, response));
  return response;
}

EnergyParameters FromProto(const v1::EnergyParameters& message) {
  EnergyParameters parameters;
  Override(message, parameters);
  return parameters;
}

}  // namespace understudy::checkpoint_store
