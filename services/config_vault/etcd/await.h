#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_AWAIT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_AWAIT_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "services/config_vault/etcd/etcd_client.h"

namespace understudy::config_vault::etcd {

// Waits for the answer of a call of EtcdClient, whose time limit bounds the wait. For threads that
// may block, never for one that runs callbacks.
//
//   const auto result = Await<RangeResult>([&](auto done) {
//     client.Range(query, absl::Seconds(1), std::move(done)); });
template <typename Result, typename Call>
absl::StatusOr<Result> Await(Call call) {
  struct Answer {
    absl::Notification given;
    absl::StatusOr<Result> result = absl::UnknownError("not answered");
  };
  const auto answer = std::make_shared<Answer>();
  call([answer](absl::StatusOr<Result> result) {
    answer->result = std::move(result);
    answer->given.Notify();
  });
  answer->given.WaitForNotification();
  return std::move(answer->result);
}

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_AWAIT_H_
