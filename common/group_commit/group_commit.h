#ifndef UNDERSTUDY_COMMON_GROUP_COMMIT_GROUP_COMMIT_H_
#define UNDERSTUDY_COMMON_GROUP_COMMIT_GROUP_COMMIT_H_

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/group_commit/disk_state.h"
#include "common/time/clock.h"
#include "common/time/steady_cond_var.h"

namespace understudy {

struct GroupCommitLimits {
  // What may wait; more is refused. Content counts, so that large commands cannot fill the memory.
  size_t max_waiting_commands = 4096;
  size_t max_waiting_bytes = 64 << 20;
  // One synced write holds at most so much of what waits.
  size_t max_batch_commands = 1024;
  size_t max_batch_bytes = 16 << 20;
  // While the disk refuses writes, it is tried again this often.
  absl::Duration recovery_interval = absl::Seconds(1);
};

// What is done with commands, all of it on the thread of the GroupCommit.
template <typename Command, typename Outcome>
class CommitTarget {
 public:
  virtual ~CommitTarget() = default;
  // Decides the commands in their order and makes what they change durable. On OK `outcomes` holds
  // one for each; otherwise nothing has happened, as far as anyone may know.
  virtual absl::Status Commit(std::vector<Command> commands,
                              std::vector<absl::StatusOr<Outcome>>& outcomes) = 0;
  // After a failed commit: tries to make the store write again. What failed may turn out to be
  // stored after all.
  virtual absl::Status Recover() = 0;
  // The disk began to refuse writes (an error), or takes them again (OK); also at each vain try.
  virtual void OnDiskState(const absl::Status& state) = 0;
  // All commands of a commit were told their outcomes.
  virtual void OnAnswered() {}
};

// Puts commands from any thread in one order, and has them decided and stored before anyone is
// told. A thread takes all commands that wait, commits them as one synced write, and tells their
// outcomes; while it writes, the next ones gather. A single command waits for nothing.
//
// When a commit fails, all its commands fail; further ones are refused at once, and the target is
// asked to recover at intervals. Thread-safe.
template <typename Command, typename Outcome>
class GroupCommit {
 public:
  // Called exactly once, on this object's thread (or the caller's when the command is refused at
  // once); must not block.
  using Done = absl::AnyInvocable<void(absl::StatusOr<Outcome>)>;

  // Clock and target must outlive the object; the target is called from now on. The thread has the
  // first 15 characters of `thread_name`; `whose` stands in messages: "the vault".
  GroupCommit(const GroupCommitLimits& limits, const Clock& clock, const std::string& thread_name,
              std::string whose, CommitTarget<Command, Outcome>& target)
      : limits_(limits),
        whose_(std::move(whose)),
        target_(target),
        disk_(limits.recovery_interval, clock),
        thread_([this] { Loop(); }) {
    pthread_setname_np(thread_.native_handle(), thread_name.substr(0, 15).c_str());
  }
  ~GroupCommit() { Stop(); }
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // `bytes` is what the command counts for. Besides what the target says:
  //   RESOURCE_EXHAUSTED OVERLOADED: too many wait; nothing has happened
  //   UNAVAILABLE        SHUTTING_DOWN: nothing has happened
  //   the error of the disk, while it refuses writes: nothing has happened
  void Propose(Command command, size_t bytes, Done done) {
    absl::Status admitted;
    {
      absl::MutexLock lock(&mutex_);
      admitted = Admit(bytes);
      if (admitted.ok()) {
        queue_.push_back({std::move(command), bytes, std::move(done)});
        waiting_bytes_ += bytes;
        wake_.Signal();
        return;
      }
    }
    done(std::move(admitted));
  }

  // Finishes what waits, refuses what comes later, joins the thread. Idempotent.
  void Stop() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      wake_.Signal();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Waiting {
    Command command;
    size_t bytes = 0;
    Done done;
  };
  struct Batch {
    std::vector<Command> commands;
    std::vector<Done> done;
  };

  absl::Status Admit(size_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (stopping_) return ShuttingDown(whose_);
    if (queue_.size() < limits_.max_waiting_commands &&
        waiting_bytes_ + bytes <= limits_.max_waiting_bytes) {
      return absl::OkStatus();
    }
    return Overloaded(queue_.size(), waiting_bytes_, limits_.max_waiting_commands,
                      limits_.max_waiting_bytes);
  }

  void Loop() {
    Batch batch;
    while (Next(batch)) Run(std::exchange(batch, {}));
  }

  // Waits for commands; false when it is time to end. May give an empty batch to let a broken disk
  // be tried.
  bool Next(Batch& batch) {
    absl::MutexLock lock(&mutex_);
    while (queue_.empty()) {
      if (stopping_) return false;
      if (disk_.is_good()) {
        wake_.Wait(&mutex_);
      } else if (wake_.WaitWithTimeout(&mutex_, limits_.recovery_interval)) {
        return true;
      }
    }
    Take(batch);
    return true;
  }

  void Take(Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const size_t at_most = std::min(queue_.size(), limits_.max_batch_commands);
    batch.commands.reserve(at_most);
    batch.done.reserve(at_most);
    size_t bytes = 0;
    while (!queue_.empty() && batch.commands.size() < limits_.max_batch_commands) {
      Waiting& first = queue_.front();
      bytes += first.bytes;
      if (!batch.commands.empty() && bytes > limits_.max_batch_bytes) break;
      waiting_bytes_ -= first.bytes;
      batch.commands.push_back(std::move(first.command));
      batch.done.push_back(std::move(first.done));
      queue_.pop_front();
    }
  }

  void Run(Batch batch) {
    std::vector<absl::StatusOr<Outcome>> outcomes;
    const absl::Status status = Commit(std::move(batch.commands), outcomes);
    for (size_t i = 0; i < batch.done.size(); ++i) {
      batch.done[i](status.ok() ? std::move(outcomes[i]) : absl::StatusOr<Outcome>(status));
    }
    if (status.ok()) target_.OnAnswered();
  }

  absl::Status Commit(std::vector<Command> commands,
                      std::vector<absl::StatusOr<Outcome>>& outcomes) {
    if (disk_.is_due()) SetDiskState(target_.Recover());
    if (!disk_.is_good()) return disk_.Refusal();
    if (commands.empty()) return absl::OkStatus();
    absl::Status status = target_.Commit(std::move(commands), outcomes);
    // Even refusals may have been decided on what is now undone.
    if (!status.ok()) SetDiskState(status);
    return status;
  }

  void SetDiskState(const absl::Status& state) {
    disk_.Set(state);
    target_.OnDiskState(state);
  }

  const GroupCommitLimits limits_;
  const std::string whose_;
  CommitTarget<Command, Outcome>& target_;

  absl::Mutex mutex_;
  SteadyCondVar wake_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // Of the thread alone.
  DiskState disk_;

  // Last: it begins when all else is there.
  std::thread thread_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_GROUP_COMMIT_GROUP_COMMIT_H_
