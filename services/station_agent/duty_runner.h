#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_DUTY_RUNNER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_DUTY_RUNNER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/executor/afterwards.h"
#include "common/executor/alarm.h"
#include "common/executor/executor.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/station_agent/agent_metrics.h"
#include "services/station_agent/duty_core.h"
#include "services/station_agent/link/agent_link.h"
#include "services/station_agent/orders_codec.h"
#include "services/station_agent/ready_documents.h"
#include "services/station_agent/staged_documents.h"
#include "services/station_agent/uploader.h"
#include "services/station_agent/vault_documents.h"

namespace understudy::station_agent {

// Does what DutyCore decides: gives documents to the native process, keeps them and the role on
// disk, fetches and uploads. All calls on the executor; slow work goes to the disk's executor.
class DutyRunner {
 public:
  struct Parts {
    // `clock`, `random`, `vault`, `store`, `link` and `metrics` must outlive the runner and both
    // executors' work.
    const Clock& clock;
    Random& random;
    std::shared_ptr<Executor> executor;
    std::shared_ptr<Executor> disk;
    VaultDocuments& vault;
    StagedDocuments& store;
    AgentLink& link;
    AgentMetrics& metrics;
    // The file of the role.
    std::string role_path;
    std::string station_id;
  };
  // What the runner cannot do itself. Runs on the executor; must not call back at once.
  struct Outlets {
    std::function<void(const DutyAction&)> reply;
    std::function<void(const SyncReply&)> say;
    std::function<void()> attach_again;
    std::function<void()> role_changed;
  };

  DutyRunner(Parts parts, const DutyCoreOptions& options, const SyncOptions& sync, Outlets outlets);

  void Start(StationRole role, std::vector<PackedDocument> documents);

  // Joined under the root of this epoch.
  void OnEpoch(uint64_t epoch) { core_.OnEpoch(epoch); }
  void OnOrder(SteadyTime arrived, const StationOrder& order);
  void OnNativeAttached();
  void OnNativeLost();
  void OnNativeAnswer(const NativeAnswer& answer);
  void OnNativeConfiguration(NativeConfiguration configuration);
  void OnLinkRemade();
  void OnLeaseOver();
  void OnLeaseRenewed();

  void UploadNow(Uploader::OnAnswer callback);

  // Leaves the duty without an order: the station leaves the site.
  void Relinquish();

  // Does at once what may wait while a duty stands still: the role on disk, the word to membership.
  void CatchUp();

  const DutyCore& core() const { return core_; }
  bool upload_pending() const { return uploader_.pending(); }
  bool change_waits() const { return uploader_.WaitsForCollection(); }

 private:
  // Carries out what the core decided, and sets the timer.
  void Pump();
  void OnTimer();
  void CatchUpLater();

  void Carry(const duty_action::SaveRole& action);
  void Carry(const duty_action::Fetch& action);
  void Carry(const duty_action::Drop& action);
  void Carry(const duty_action::Restore& action);
  void Carry(const duty_action::GiveToNative& action);
  void Carry(const duty_action::StopNative& action);
  void Carry(const duty_action::TellRole& action);
  void Carry(const duty_action::AttachAgain& action);
  void Carry(const duty_action::ReplyStaged& action);
  void Carry(const duty_action::ReplyAccepted& action);
  void Carry(const duty_action::ReplyRunning& action);
  void Carry(const duty_action::ReplyRefused& action);
  void Carry(const duty_action::ReplyStoodDown& action);

  absl::Status GiveToNative(uint64_t order, const std::string& duty_id);
  void OnGot(const KeptDocument& wanted, absl::StatusOr<std::string> packed);
  void OnFetchedAndKept(PackedDocument document, const std::string& error);
  void OnChecked(uint64_t order, absl::StatusOr<PackedDocument> document);
  void OnUploaded(const KeptDocument& document);
  void Collect(const std::string& duty_id);
  // Tells the root, once, that a change waits to be collected.
  void TellChange();
  // Unpacks it ahead, on the disk's executor.
  void MakeReady(const PackedDocument& document);
  void SaveDocument(const PackedDocument& document);
  void SaveRole(uint64_t version);
  void TellRole();

  Parts parts_;
  const Outlets outlets_;
  const log::Logger log_{"duty"};
  DutyCore core_;
  Uploader uploader_;
  // What is on disk, also in memory: an activation must not wait for a disk. Packed.
  std::map<std::string, PackedDocument> documents_;
  size_t packed_bytes_ = 0;
  ReadyDocuments ready_;
  // What the duty ran before the newer document that is being tried.
  std::optional<PackedDocument> before_;
  // What waits for CatchUp: the version of the role to be saved (0: none), and who must be told.
  uint64_t unsaved_version_ = 0;
  bool untold_ = false;
  bool told_change_ = false;
  bool catches_up_later_ = false;
  Alarm alarm_;
  Afterwards afterwards_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_DUTY_RUNNER_H_
