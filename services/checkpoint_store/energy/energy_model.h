#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_MODEL_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_MODEL_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Whether a device should keep its memory on power (light sleep) or in checkpoint-store (deep
// sleep). The question is Ciuffoletti's, "Deep-Sleep for Stateful IoT Edge Devices", Information
// 2022, 13(3):156; the model is derived in services/checkpoint_store/doc/energy.md, which also says
// what of the paper was at hand. Pure functions, thread-safe. Powers in watts, times in seconds,
// energies in joules.
namespace understudy::checkpoint_store {

// One device and the way it works. A cycle is: work, then sleep; with deep sleep also the
// transfer of the checkpoint (start, association, handshake, download, upload).
struct EnergyParameters {
  // The whole cycle, T: longer than active + transfer, at most one year.
  double cycle_seconds = 0;
  // The work itself, the same on both sides: T_a >= 0, P_a >= 0.
  double active_seconds = 0;
  double active_watts = 0;
  // What the transfer takes: T_c >= 0, P_c >= 0 (its average).
  double transfer_seconds = 0;
  double transfer_watts = 0;
  // Asleep with the memory on power, and without: P_l, P_d >= 0.
  double light_sleep_watts = 0;
  double deep_sleep_watts = 0;
  // Usable energy of the battery; 0: not asked.
  double battery_joules = 0;
};

inline constexpr double kMaxCycleSeconds = 366.0 * 86'400;
// Beyond these the figures are a slip of the keyboard.
inline constexpr double kMaxWatts = 1'000;
inline constexpr double kMaxBatteryJoules = 1e12;

// INVALID_ARGUMENT INVALID_ENERGY_PARAMETERS (metadata: field): what is wrong, and what would be
// right.
absl::Status CheckEnergyParameters(const EnergyParameters& parameters);

enum class EnergyWinner { kLocal, kRemote, kTie };

struct EnergySide {
  double joules_per_cycle = 0;
  double average_watts = 0;
  // Whole cycles out of the battery, and how long they last; 0 without a battery.
  double cycles = 0;
  double lifetime_seconds = 0;
};

struct EnergyVerdict {
  EnergySide local;   // E_local = P_a T_a + P_l (T - T_a)
  EnergySide remote;  // E_remote = P_a T_a + P_c T_c + P_d (T - T_a - T_c)
  // Inequality (4): E_remote < E_local. A tie is a difference below one part in 10^12.
  EnergyWinner winner = EnergyWinner::kTie;
  // What the winner saves, per cycle and as a part of the loser's energy.
  double saved_joules_per_cycle = 0;
  double saved_fraction = 0;
  // Form (6), (4) without the work that both sides do: the two sleeping phases.
  double local_sleep_joules = 0;   // P_l (T - T_a)
  double remote_sleep_joules = 0;  // P_c T_c + P_d (T - T_a - T_c)
  // Form (8): the price of a transfer, (P_c - P_d) T_c, against what deep sleep saves meanwhile,
  // (P_l - P_d) (T - T_a).
  double transfer_price_joules = 0;
  double deep_sleep_gain_joules = 0;
  // (8) solved for T: deep sleep wins in every longer cycle. Nothing: it never wins, because
  // P_l <= P_d.
  std::optional<double> break_even_cycle_seconds;
  // (10), (8) solved for P_l: deep sleep wins if light sleep takes more than
  // P_d + (P_c - P_d) T_c / (T - T_a).
  double light_sleep_threshold_watts = 0;
  // The same with the other sign before P_d, as a reader of (10) may meet it: too low by 2 P_d.
  double light_sleep_threshold_other_sign_watts = 0;
};

// Errors of CheckEnergyParameters.
absl::StatusOr<EnergyVerdict> JudgeEnergy(const EnergyParameters& parameters);

struct EnergyPoint {
  double cycle_seconds = 0;
  double local_joules = 0;
  double remote_joules = 0;
};

inline constexpr int kMinCurvePoints = 2;
inline constexpr int kMaxCurvePoints = 1'000;

// Both energies over the cycle's length, `points` of them evenly spaced from the shortest cycle
// possible (work and transfer, no sleep) to `longest_seconds`; without one, as far as shows both
// the break-even and the device's own cycle. INVALID_ARGUMENT INVALID_CURVE (metadata: field),
// errors of CheckEnergyParameters.
absl::StatusOr<std::vector<EnergyPoint>> EnergyCurves(const EnergyParameters& parameters,
                                                      int points,
                                                      std::optional<double> longest_seconds = {});

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_MODEL_H_
