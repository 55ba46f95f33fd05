#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_AGENT_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_AGENT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "common/executor/executor.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/station_agent/agent_metrics.h"
#include "services/station_agent/beat_sender.h"
#include "services/station_agent/config.h"
#include "services/station_agent/device_watch.h"
#include "services/station_agent/duty_runner.h"
#include "services/station_agent/lease_keeper.h"
#include "services/station_agent/link/agent_link.h"
#include "services/station_agent/membership_session.h"
#include "services/station_agent/orders_session.h"
#include "services/station_agent/self_watch.h"

namespace understudy::station_agent {

inline constexpr char kAgentVersion[] = "0.1.0";

// What the agent knows of its station, for people and programs on the box.
struct AgentStatus {
  StationKind kind = StationKind::kBackup;
  bool joined = false;
  bool orders_attached = false;
  // The duty that it holds, whatever its phase.
  std::optional<DutyOrder> duty;
  // Said by the native process; nothing while it runs nothing.
  std::optional<Sha256> running_sha256;
  std::vector<KeptDocument> staged;
  Indicators indicators;
  std::vector<FaultReport> faults;
  std::vector<ChildDevice> children;
  bool upload_pending = false;
  // Since the last beat that was answered was sent.
  absl::Duration last_answer_age;
};

// The station's agent: joins, beats, keeps the lease, reports, and lets the duty runner obey the
// orchestrator. Lives on one executor; what other threads bring is posted there.
class Agent final : private MembershipObserver, private OrdersObserver {
 public:
  struct Parts {
    // `clock`, `random`, `vault`, `metrics` and `runtime` must outlive the agent and the executors'
    // work.
    const Clock& clock;
    // Used on the executor alone.
    Random& random;
    std::shared_ptr<Executor> executor;
    // For what blocks.
    std::shared_ptr<Executor> disk;
    // For what waits for the native process and the machine.
    runtime::Runtime& runtime;
    VaultDocuments& vault;
    AgentMetrics& metrics;
    std::function<std::unique_ptr<MembershipSession>(MembershipObserver&)> make_membership;
    std::function<std::unique_ptr<OrdersSession>(OrdersObserver&)> make_orders;
    // The station has left the site and stood down: the process should end. On the executor.
    std::function<void()> on_left;
  };

  // Reads the state directory, opens the link and starts everything. Errors of the disk and of
  // AgentLink::Open.
  static absl::StatusOr<std::unique_ptr<Agent>> Start(const Config& config, Parts parts);
  // The executors and the runtime must have stopped.
  ~Agent() override;

  // From any thread; callbacks run on the executor.
  void GetStatus(std::function<void(const AgentStatus&)> callback);
  void UploadNow(Uploader::OnAnswer callback);
  // Leaves the site: answered when membership has acknowledged; then the agent stands down.
  void Leave(const std::string& reason, absl::AnyInvocable<void(absl::Status)> callback);
  // Stops beating and talking. Before the executors stop.
  void Quiet();

 private:
  class LinkInbox;
  class BeatInbox;

  Agent(const Config& config, Parts parts);
  absl::Status Open();
  void MakeParts();
  void Begin(StationRole role, std::vector<PackedDocument> documents);
  absl::StatusOr<StationRole> LoadRole();
  StationRole RoleOfConfig() const;

  // MembershipObserver.
  JoinAnnouncement MakeAnnouncement() override;
  void OnJoined(const JoinedSession& session) override;
  void OnJoinFailed(const absl::Status& why) override;
  void OnSessionOver(const absl::Status& why) override;
  void OnConversing() override;
  void OnStreamBeatAnswered(uint64_t sequence) override;

  // OrdersObserver.
  AttendHello MakeAttendHello() override;
  void OnAttached() override;
  void OnDetached(const absl::Status& why) override;
  void OnOrder(SteadyTime arrived, StationOrder order) override;
  void OnBadOrder(const absl::Status& why) override;

  // Beats and the lease.
  void OnBeatAnswered(SteadyTime sent_at);
  void OnLeaseGrew();
  // Takes over what the beats' thread noted meanwhile.
  void NoteLease();
  void CatchUpWithAnswers();
  void OnBeatsUnanswered(uint64_t session_id);
  void OnStoodStill(absl::Duration gap);
  // Tells the beats' thread whether it must bring answers at once.
  void NoteWhetherLeaseCounts();
  // Writes the lease's end, if the duty has one, where the native process sees it.
  void ShowLease();
  void CheckLease();

  void OnRoleChanged();
  void OnNativeAttached(uint32_t pid);
  void OnNativeLost(uint32_t pid);
  void OnLinkRemade();

  // Tells membership how the station is, now and again.
  void OnChanged();
  void Report();
  void ReportAndAgain();
  AgentStatus MakeStatus();
  void OnLeaveAnswered(const absl::Status& status);
  void FinishLeaving();

  const Config config_;
  Parts parts_;
  const log::Logger log_{"agent"};
  StagedDocuments store_;
  LeaseKeeper lease_;
  bool lease_was_over_ = true;
  // The root waits as long for our beats, so we wait as long for its answers.
  absl::Duration root_patience_;
  // The duty is under strict fencing. Written on the executor, read by the beats' thread.
  std::atomic<bool> keeps_lease_{false};
  // When the newest beat answered over UDP was sent.
  std::atomic<int64_t> last_answered_ns_{0};
  Executor::TimerId lease_timer_ = 0;
  Executor::TimerId report_timer_ = 0;
  SteadyTime last_report_;
  bool leaving_ = false;
  bool join_failing_ = false;

  // Made in this order, destroyed in the other.
  std::unique_ptr<LinkInbox> link_inbox_;
  std::unique_ptr<AgentLink> link_;
  std::unique_ptr<BeatInbox> beat_inbox_;
  std::unique_ptr<BeatSender> beats_;
  std::unique_ptr<DutyRunner> duty_;
  std::unique_ptr<SelfWatch> watch_;
  std::unique_ptr<DeviceWatch> devices_;
  std::unique_ptr<MembershipSession> membership_;
  std::unique_ptr<OrdersSession> orders_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_AGENT_H_
