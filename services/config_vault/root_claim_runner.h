#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_CLAIM_RUNNER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_CLAIM_RUNNER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/executor/alarm.h"
#include "common/executor/executor.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/config_vault/control_links.h"
#include "services/config_vault/control_metrics.h"
#include "services/config_vault/control_site.h"
#include "services/config_vault/control_socket.h"
#include "services/config_vault/read_lease.h"
#include "services/config_vault/reign.h"
#include "services/config_vault/role_feed.h"
#include "services/config_vault/root_claim.h"
#include "services/config_vault/root_key.h"

namespace understudy::config_vault {

// Runs the root claim's core: brings it beats, the key's answers and time, and does what it wants.
// No disk and no name server is waited for on its executor, so that beats never wait either.
class RootClaimRunner final : public ControlSite {
 public:
  struct Parts {
    const Clock& clock;
    Random& random;
    // Its own: nothing slow may run there.
    Executor& executor;
    RootKey& key;
    Reign& reign;
    RoleFeed& role;
    ReadLease& lease;
    const ControlSocket& socket;
    const ControlMetrics& metrics;
  };

  // All parts must outlive the runner. Stop the key's and the reign's callbacks and the executor
  // before it is destroyed.
  RootClaimRunner(const RootClaimPolicy& policy, const ControlSelf& self,
                  const beat::SessionKey& key, Parts parts);
  ~RootClaimRunner() override;

  // From any thread; `nodes` are the configured ones, this one among them.
  void Start(const std::vector<ControlNode>& nodes);
  // Ends the thread that waits for beats, and the subscription. Not from the executor's thread.
  void Stop();

  // From any thread but the executor's: names are looked up. UNAVAILABLE when one cannot be found;
  // the others are taken all the same.
  // `revision` is that of their document; 0: they are the configured ones.
  absl::Status SetNodes(const std::vector<ControlNode>& nodes, Revision revision);
  // What SetNodes was told last is what the store had at this ReplicaProgress::applied.
  void SetNodesSeen(uint64_t applied);
  // From any thread.
  void SetHousehold(bool whole);

  void List(ListDone done) override;
  void HandOver(const std::string& to, HandOverDone done) override;

 private:
  using Input = absl::AnyInvocable<void(ClaimMoment)>;
  // More in one go would hold up the rest; what is left is read next.
  static constexpr int kMaxDatagrams = 256;

  ClaimMoment Now() const { return {parts_.clock.SteadyNow(), parts_.clock.WallNow()}; }
  void Post(Input input);
  void Take(Input input);
  void ReadLoop();
  void Drain();
  void Tick();
  void Act();
  void Show();
  ControlNodeStatus StatusOf(const ControlPeer& peer, SteadyTime now) const;
  std::vector<ControlNodeStatus> ListNow() const;

  void Do(const SendBeat& action);
  void Do(const ClaimKey& action);
  void Do(const ReadKey& action);
  void Do(const StartReign& action);
  void Do(const StopReign& action);
  void Do(const RenewLease& action);
  void Do(const WithdrawLease& action);
  void Do(const PublishRole& action);
  void Do(AnswerHandOver& action);
  void Do(const FalseAlarm& action);
  void Do(const Report& action);

  const ControlSelf self_;
  Parts parts_;
  const log::Logger log_{"root-claim"};
  // Only on the executor.
  RootClaimCore core_;
  Alarm alarm_;
  SteadyTime next_repeat_;
  ControlLinks links_;
  ControlNode self_node_;
  std::map<std::string, ControlEndpoint> endpoints_;
  std::map<uint64_t, HandOverDone> hand_overs_;
  uint64_t last_hand_over_ = 0;

  std::atomic<bool> stopping_ = false;
  // What has arrived is read by the executor; the thread waits meanwhile.
  absl::Mutex mutex_;
  bool drain_posted_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread reader_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_CLAIM_RUNNER_H_
