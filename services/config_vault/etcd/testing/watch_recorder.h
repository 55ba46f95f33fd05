#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_WATCH_RECORDER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_WATCH_RECORDER_H_

#include "common/rpc/testing/inbox.h"
#include "services/config_vault/etcd/etcd_client.h"

namespace understudy::config_vault::etcd {

// Keeps what a watch told, for a test to wait for.
class WatchRecorder final : public WatchObserver {
 public:
  void OnEvents(const Header&, RevisionEvents received) override {
    events.Put(std::move(received));
  }
  void OnConnection(const absl::Status& state) override { connections.Put(state); }
  void OnEnd(const absl::Status& status) override { ends.Put(status); }

  rpc::testing::Inbox<RevisionEvents> events;
  rpc::testing::Inbox<absl::Status> connections;
  rpc::testing::Inbox<absl::Status> ends;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_WATCH_RECORDER_H_
