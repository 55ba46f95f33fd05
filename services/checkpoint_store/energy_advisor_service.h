#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ADVISOR_SERVICE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ADVISOR_SERVICE_H_

#include "common/rpc/unary.h"
#include "services/checkpoint_store/energy/energy_codec.h"
#include "services/checkpoint_store/grpc_caller.h"
#include "understudy/checkpoint_store/v1/energy_advisor.grpc.pb.h"

namespace understudy::checkpoint_store {

// Gives the energy model to whoever may call. Stateless.
class EnergyAdvisorService final : public v1::EnergyAdvisor::CallbackService {
 public:
  grpc::ServerUnaryReactor* ComputeEnergy(grpc::CallbackServerContext* context,
                                          const v1::ComputeEnergyRequest* request,
                                          v1::ComputeEnergyResponse* response) override {
    rpc::UnaryReply<v1::ComputeEnergyResponse> reply(context, response, kErrorDomain);
    auto* const reactor = reply.reactor();
    reply.Finish(checkpoint_store::ComputeEnergy(*request));
    return reactor;
  }
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ADVISOR_SERVICE_H_
