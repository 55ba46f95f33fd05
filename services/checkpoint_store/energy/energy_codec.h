#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_CODEC_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_CODEC_H_

#include "absl/status/statusor.h"
#include "protos/understudy/checkpoint_store/v1/energy_advisor.pb.h"
#include "services/checkpoint_store/energy/energy_model.h"

namespace understudy::checkpoint_store {

// The whole of the RPC: preset, overrides, verdict, curves. Errors as the .proto says. Thread-safe.
absl::StatusOr<v1::ComputeEnergyResponse> ComputeEnergy(const v1::ComputeEnergyRequest& request);

// What an answer was computed with.
EnergyParameters FromProto(const v1::EnergyParameters& message);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_CODEC_H_
