#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ROOT_KEY_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ROOT_KEY_H_

#include <atomic>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/replica.h"
#include "services/config_vault/root_key.h"

namespace understudy::config_vault::etcd {

struct EtcdRootKeyOptions {
  absl::Duration read_timeout = absl::Seconds(1);
  // Short, because a claim may be repeated at another endpoint.
  absl::Duration claim_timeout = absl::Milliseconds(400);
};

// RootKey on etcd's key `root`. The epoch is the key's modification revision, and what the key
// `epoch_base` adds where etcd was built anew. Until the replica has read that (it has not reached
// etcd yet) Read and Claim are UNAVAILABLE ETCD_UNREACHABLE.
class EtcdRootKey final : public RootKey {
 public:
  // Both must outlive the key and its calls.
  EtcdRootKey(const EtcdRootKeyOptions& options, EtcdClient& client, Replica& replica)
      : options_(options), client_(client), replica_(replica) {}

  void Read(ReadDone done) override;
  void Claim(Epoch expected, const RootRecord& record, ClaimDone done) override;
  void SetNodesSeen(uint64_t applied) override { nodes_seen_ = static_cast<int64_t>(applied); }
  void Subscribe(std::function<void(const RootClaim&)> on_change) override;
  void Unsubscribe() override { replica_.UnsubscribeRoot(); }

 private:
  const EtcdRootKeyOptions options_;
  EtcdClient& client_;
  Replica& replica_;
  // Nothing is asked of the admitted nodes by who does not go by them.
  std::atomic<int64_t> nodes_seen_ = std::numeric_limits<int64_t>::max();
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ROOT_KEY_H_
