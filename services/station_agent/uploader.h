#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_UPLOADER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_UPLOADER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/executor/executor.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/station_agent/agent_metrics.h"
#include "services/station_agent/staged_documents.h"
#include "services/station_agent/upload_planner.h"
#include "services/station_agent/vault_documents.h"

namespace understudy::station_agent {

// Brings the native process's configuration to the vault: the latest one, as its mode says, for as
// long as the station holds the duty. All calls on the executor.
class Uploader {
 public:
  struct Parts {
    // These and the executor's callbacks: `clock`, `random`, `vault` and `metrics` must outlive it.
    const Clock& clock;
    Random& random;
    std::shared_ptr<Executor> executor;
    VaultDocuments& vault;
    AgentMetrics& metrics;
  };
  // Both run on the executor.
  struct Outlets {
    // A document has a revision.
    std::function<void(const KeptDocument&)> uploaded;
    // An upload ended, well or not: NextAt may have changed.
    std::function<void()> settled;
  };

  Uploader(Parts parts, const SyncOptions& options, std::string author, Outlets outlets);

  // The duty's document changed here. `urgent` as in UploadPlanner.
  void OnChange(PackedDocument document, bool urgent);
  // The assignment under which the station holds the document's duty; 0: none, nothing is written.
  void SetAssignment(uint64_t number);
  // The duty is lost, and what was changed with it.
  void Forget();

  // Uploads what is pending now, then answers with its revision. At most 16 callers wait.
  using OnAnswer = absl::AnyInvocable<void(absl::StatusOr<KeptDocument>)>;
  void UploadNow(OnAnswer callback);

  bool pending() const { return change_.has_value(); }
  bool WaitsForCollection() const { return planner_.WaitsForCollection(); }

  // Time, as in UploadPlanner.
  SteadyTime NextAt() const { return planner_.NextAt(); }
  void OnTime();

 private:
  void OnResult(const std::string& request_id, const absl::StatusOr<uint64_t>& result);
  void OnError(bool current, const absl::Status& status);
  void OnStored(uint64_t revision);
  void GiveUp(const absl::Status& why);
  void Answer(const absl::StatusOr<KeptDocument>& answer);

  Parts parts_;
  const std::string author_;
  const Outlets outlets_;
  const log::Logger log_{"uploader"};
  UploadPlanner planner_;
  uint64_t assignment_ = 0;
  std::optional<PackedDocument> change_;
  // Of `change_`.
  std::string request_id_;
  std::vector<OnAnswer> waiting_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_UPLOADER_H_
