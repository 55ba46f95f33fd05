#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ENDPOINTS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ENDPOINTS_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "etcd/v3/rpc.grpc.pb.h"
#include "services/config_vault/etcd/grpc_etcd_client.h"

namespace understudy::config_vault::etcd {

// One member's client address, and its stubs on a connection of their own.
struct EtcdEndpoint {
  std::string address;
  std::unique_ptr<etcdserverpb::KV::Stub> kv;
  std::unique_ptr<etcdserverpb::Watch::Stub> watch;
  std::unique_ptr<etcdserverpb::Maintenance::Stub> maintenance;
};

// All endpoints, and which one is used now. Shared by the client, its calls and its watches.
// Thread-safe.
class EtcdEndpoints {
 public:
  static absl::StatusOr<std::shared_ptr<EtcdEndpoints>> Make(const EtcdOptions& options);

  size_t size() const { return endpoints_.size(); }
  const EtcdEndpoint& at(size_t index) const { return endpoints_[index]; }
  size_t current() const { return current_; }
  // The endpoint failed: the next one is used, unless another call has seen to it already.
  void Failed(size_t index) {
    size_t expected = index;
    current_.compare_exchange_strong(expected, (index + 1) % endpoints_.size());
  }

 private:
  std::vector<EtcdEndpoint> endpoints_;
  std::atomic<size_t> current_ = 0;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ENDPOINTS_H_
