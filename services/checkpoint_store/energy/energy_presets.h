#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_PRESETS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_PRESETS_H_

#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/checkpoint_store/energy/energy_model.h"

namespace understudy::checkpoint_store {

// Inputs with a name, and where they come from.
struct EnergyPreset {
  std::string_view name;
  std::string_view summary;
  // Sources, and which figures are assumptions.
  std::string_view source;
  EnergyParameters parameters;
};

// Sorted by name. Every one is valid.
std::span<const EnergyPreset> EnergyPresets();

// NOT_FOUND NO_SUCH_PRESET (metadata: preset).
absl::StatusOr<EnergyPreset> FindEnergyPreset(std::string_view name);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_PRESETS_H_
