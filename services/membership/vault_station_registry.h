#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_VAULT_STATION_REGISTRY_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_VAULT_STATION_REGISTRY_H_

#include <memory>

#include "services/membership/station_registry.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace understudy::membership {

// The registry of the config-vault at the other end of `channel`. Every call but the role's watch
// has two seconds.
std::unique_ptr<StationRegistry> MakeVaultStationRegistry(std::shared_ptr<grpc::Channel> channel);

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_VAULT_STATION_REGISTRY_H_
