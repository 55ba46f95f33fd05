#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_ENGINE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_ENGINE_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "services/checkpoint_store/checkpoint_policy.h"
#include "services/checkpoint_store/checkpoint_store.h"
#include "services/checkpoint_store/command.h"
#include "services/checkpoint_store/shared_directory.h"

namespace understudy::checkpoint_store {

struct EngineOptions {
  CheckpointPolicy policy = {};
  // What may wait; more is refused. Content counts, so that large checkpoints cannot fill the
  // memory.
  size_t max_waiting_commands = 16'384;
  size_t max_waiting_bytes = 64 << 20;
  // One synced write holds at most so much of what waits.
  size_t max_batch_commands = 1024;
  size_t max_batch_bytes = 16 << 20;
  // While the disk refuses writes, it is tried again this often.
  absl::Duration recovery_interval = absl::Seconds(1);
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

// Puts commands from any thread in one order, has the state machine decide them, and makes the
// result durable before anyone is told. A thread takes all commands that wait, writes what they
// change as one synced write, and tells their outcomes; while it writes, the next ones gather. A
// single command waits for nothing.
//
// When a write fails, all commands of the batch fail; further ones are refused at once, and the
// store is asked to recover at intervals. Reads go on. Then devices are loaded anew, because the
// batch that failed may turn out to be stored after all.
class CheckpointEngine {
 public:
  // Called exactly once, on the engine's thread (or the caller's when the command is refused at
  // once); must not block.
  using Done = absl::AnyInvocable<void(absl::StatusOr<Outcome>)>;

  // Loads the directory. Arguments must outlive the engine.
  static absl::StatusOr<std::unique_ptr<CheckpointEngine>> Start(
      const EngineOptions& options, const Clock& clock, CheckpointStore& store,
      SharedDirectory& directory, IdentifierSource& source, EngineObserver& observer);
  // Stops.
  ~CheckpointEngine();

  // Besides the reasons of the rules:
  //   RESOURCE_EXHAUSTED OVERLOADED: too many wait; nothing has happened
  //   RESOURCE_EXHAUSTED DISK_FULL, UNAVAILABLE DISK_ERROR: could not be made durable; whether it
  //                      happened is unknown to the proposer, who may repeat it
  //   UNAVAILABLE        SHUTTING_DOWN: nothing has happened
  void Propose(Command command, Done done);

  // Finishes what waits, refuses what comes later, joins the thread. Idempotent.
  void Stop();

 private:
  struct Waiting {
    Command command;
    size_t bytes = 0;
    Done done;
  };
  using Batch = std::vector<Waiting>;

  CheckpointEngine(const EngineOptions& options, const Clock& clock, CheckpointStore& store,
                   SharedDirectory& directory, IdentifierSource& source, EngineObserver& observer);

  absl::Status Admit(size_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Loop();
  // Waits for commands; false when it is time to end. May return an empty batch to let a broken
  // disk be tried.
  bool Next(Batch& batch);
  void Run(Batch batch);
  // Decides and stores; on OK `outcomes` holds one for each command.
  absl::Status Decide(Batch& batch, std::vector<absl::StatusOr<Outcome>>& outcomes);
  absl::Status Load();
  absl::Status Recover();
  void SetDiskState(const absl::Status& state);
  // OK when writes may be tried.
  absl::Status TryDisk();

  const EngineOptions options_;
  const Clock& clock_;
  CheckpointStore& store_;
  SharedDirectory& directory_;
  IdentifierSource& source_;
  EngineObserver& observer_;

  absl::Mutex mutex_;
  absl::CondVar wake_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // Of the engine's thread alone.
  absl::Status disk_state_;
  std::string failing_since_;
  SteadyTime next_try_;

  std::thread thread_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_ENGINE_H_
