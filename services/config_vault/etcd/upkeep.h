#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_UPKEEP_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_UPKEEP_H_

#include <functional>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/executor/executor.h"
#include "common/time/clock.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/replica.h"
#include "services/config_vault/etcd/upkeep_plan.h"

namespace understudy::config_vault::etcd {

// What the members of etcd said of themselves; nothing where one did not answer.
struct UpkeepReport {
  std::vector<std::optional<MemberStatus>> members = {};
  std::vector<MemberAlarm> alarms = {};
};

// Called on the upkeep's executor; must not block.
class UpkeepObserver {
 public:
  virtual ~UpkeepObserver() = default;
  virtual void OnReport(const UpkeepReport& report) = 0;
  virtual void OnCompacted(int64_t revision) = 0;
  // OK, or why it failed.
  virtual void OnDefragmented(const MemberStatus& member, const absl::Status& result) = 0;
};

// Keeps etcd small, at intervals: looks at its members and alarms always, and, while this node is
// root, forgets history that no replica needs and defragments one member at a time. An alarm of a
// used-up quota is disarmed by the root once there is room again: etcd does not do so by itself.
//
// The executor may block (Await): it should have no other work that is urgent.
class Upkeep {
 public:
  struct Options {
    UpkeepPolicy policy = {};
    absl::Duration interval = absl::Seconds(30);
    absl::Duration call_timeout = absl::Seconds(1);
    // A member answers nothing meanwhile.
    absl::Duration defragment_timeout = absl::Seconds(60);
  };
  struct Parts {
    EtcdClient& client;
    Replica& replica;
    Executor& executor;
    const Clock& clock;
    UpkeepObserver& observer;
  };
  // All must outlive the upkeep, and the executor must be stopped before it goes.
  Upkeep(Parts parts, const Options& options, std::function<bool()> is_root);

  void Start();

 private:
  void Round();
  UpkeepReport Look();
  void Compact(const UpkeepPolicy& policy);
  void Defragment(const UpkeepPolicy& policy, const UpkeepReport& report);
  void Disarm(const UpkeepReport& report);

  const Parts parts_;
  const Options options_;
  const std::function<bool()> is_root_;
  int64_t compacted_ = 0;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_UPKEEP_H_
