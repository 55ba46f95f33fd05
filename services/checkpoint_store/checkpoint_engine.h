#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_ENGINE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_ENGINE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/group_commit/group_commit.h"
#include "common/time/clock.h"
#include "services/checkpoint_store/checkpoint_policy.h"
#include "services/checkpoint_store/checkpoint_store.h"
#include "services/checkpoint_store/command.h"
#include "services/checkpoint_store/shared_directory.h"

namespace understudy::checkpoint_store {

struct EngineOptions {
  CheckpointPolicy policy = {};
  GroupCommitLimits limits = {.max_waiting_commands = 16'384};
};

// What the engine tells about itself. Called on its thread; must not block.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  // A batch is stored; `took` includes the sync. Before its commands are answered.
  virtual void OnCommitted(size_t commands, absl::Duration took, const CheckpointBatch& batch,
                           const std::vector<Event>& events) = 0;
  // All devices were loaded again: what was known of them may be wrong.
  virtual void OnReloaded() = 0;
  // The disk began to refuse writes (an error), or takes them again (OK).
  virtual void OnDiskState(const absl::Status& state) = 0;
};

// Has the state machine decide commands, and stores what they change, in groups (GroupCommit).
//
// When a write fails, reads go on. Once the disk is well again devices are loaded anew, because the
// batch that failed may turn out to be stored after all.
class CheckpointEngine final : private CommitTarget<Command, Outcome> {
 public:
  using Done = GroupCommit<Command, Outcome>::Done;

  // Loads the directory. Arguments must outlive the engine.
  static absl::StatusOr<std::unique_ptr<CheckpointEngine>> Start(
      const EngineOptions& options, const Clock& clock, CheckpointStore& store,
      SharedDirectory& directory, IdentifierSource& source, EngineObserver& observer);
  // Stops.
  ~CheckpointEngine() override;

  // Besides the reasons of the rules:
  //   RESOURCE_EXHAUSTED OVERLOADED: too many wait; nothing has happened
  //   RESOURCE_EXHAUSTED DISK_FULL, UNAVAILABLE DISK_ERROR: could not be made durable; whether it
  //                      happened is unknown to the proposer, who may repeat it
  //   UNAVAILABLE        SHUTTING_DOWN: nothing has happened
  void Propose(Command command, Done done);

  // Finishes what waits, refuses what comes later, joins the thread. Idempotent.
  void Stop();

 private:
  CheckpointEngine(const EngineOptions& options, const Clock& clock, CheckpointStore& store,
                   SharedDirectory& directory, IdentifierSource& source, EngineObserver& observer);

  absl::Status Commit(std::vector<Command> commands,
                      std::vector<absl::StatusOr<Outcome>>& outcomes) override;
  absl::Status Recover() override;
  void OnDiskState(const absl::Status& state) override { observer_.OnDiskState(state); }
  absl::Status Load();

  const EngineOptions options_;
  const Clock& clock_;
  CheckpointStore& store_;
  SharedDirectory& directory_;
  IdentifierSource& source_;
  EngineObserver& observer_;

  // Begins once the directory is loaded.
  std::optional<GroupCommit<Command, Outcome>> commit_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_ENGINE_H_
