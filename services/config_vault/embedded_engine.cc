#include "services/config_vault/embedded_engine.h"

#include <pthread.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/restore/restore_fill.h"
#include "services/config_vault/vault_state_machine.h"

namespace understudy::config_vault {
namespace {

// What a command without content counts for.
constexpr size_t kCommandBytes = 1024;

size_t BytesOf(const Command& command) {
  const auto* put = std::get_if<PutDocument>(&command);
  return kCommandBytes + (put == nullptr ? 0 : put->packed.size());
}

absl::Status ShuttingDown() {
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the vault is shutting down");
}

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddedEngine>> EmbeddedEngine::Start(
    const EmbeddedEngineOptions& options, const Clock& clock, VaultStore& store, ChangeFeed& feed,
    EngineObserver& observer) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const Epoch epoch, store.AdvanceEpoch(0));
  return std::unique_ptr<EmbeddedEngine>(
      new EmbeddedEngine(options, epoch, clock, store, feed, observer));
}

EmbeddedEngine::EmbeddedEngine(const EmbeddedEngineOptions& options, Epoch epoch,
                               const Clock& clock, VaultStore& store, ChangeFeed& feed,
                               EngineObserver& observer)
    : options_(options),
      epoch_(epoch),
      clock_(clock),
      store_(store),
      feed_(feed),
      observer_(observer),
      thread_([this] { Loop(); }) {
  pthread_setname_np(thread_.native_handle(), "vault-write");
}

EmbeddedEngine::~EmbeddedEngine() { Stop(); }

absl::Status EmbeddedEngine::Admit(size_t bytes) const {
  if (stopping_) return ShuttingDown();
  if (queue_.size() < options_.max_waiting_commands &&
      waiting_bytes_ + bytes <= options_.max_waiting_bytes) {
    return absl::OkStatus();
  }
  return MakeError(
      absl::StatusCode::kResourceExhausted, "OVERLOADED",
      absl::StrCat(queue_.size(), " writes of ", waiting_bytes_,
                   " bytes wait for the disk already; the limits are ",
                   options_.max_waiting_commands, " and ", options_.max_waiting_bytes));
}

void EmbeddedEngine::Propose(Command command, Done done) {
  const size_t bytes = BytesOf(command);
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

void EmbeddedEngine::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

void EmbeddedEngine::Loop() {
  Batch batch;
  while (Next(batch)) Run(std::exchange(batch, {}));
}

bool EmbeddedEngine::Next(Batch& batch) {
  absl::MutexLock lock(&mutex_);
  while (queue_.empty()) {
    if (stopping_) return false;
    if (disk_state_.ok()) {
      wake_.Wait(&mutex_);
    } else if (wake_.WaitWithTimeout(&mutex_, options_.recovery_interval)) {
      return true;
    }
  }
  size_t bytes = 0;
  while (!queue_.empty() && batch.size() < options_.max_batch_commands) {
    bytes += queue_.front().bytes;
    if (!batch.empty() && bytes > options_.max_batch_bytes) break;
    waiting_bytes_ -= queue_.front().bytes;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return true;
}

void EmbeddedEngine::Run(Batch batch) {
  std::vector<absl::StatusOr<Outcome>> outcomes;
  absl::Status status;
  {
    absl::MutexLock lock(&commit_mutex_);
    status = TryDisk();
    if (status.ok()) status = Decide(batch, outcomes);
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    batch[i].done(status.ok() ? std::move(outcomes[i]) : absl::StatusOr<Outcome>(status));
  }
  // A duty may wait for the answer; nothing waits for a watch.
  if (status.ok()) feed_.Wake();
}

absl::Status EmbeddedEngine::Decide(Batch& batch, std::vector<absl::StatusOr<Outcome>>& outcomes) {
  const std::unique_ptr<VaultReader> view = store_.Snapshot();
  VaultStateMachine machine(options_.policy, epoch_, *view);
  outcomes.reserve(batch.size());
  for (Waiting& waiting : batch) outcomes.push_back(machine.Apply(std::move(waiting.command)));
  if (machine.batch().mutations.empty()) return absl::OkStatus();
  const SteadyTime start = clock_.SteadyNow();
  if (absl::Status status = store_.Commit(machine.batch()); !status.ok()) {
    // Even refusals may have been decided on what is now undone.
    SetDiskState(status);
    return status;
  }
  const Counters& counters = machine.batch().counters;
  observer_.OnCommitted(batch.size(), clock_.SteadyNow() - start, counters);
  feed_.Add(machine.changes(), counters.revision);
  return absl::OkStatus();
}

absl::StatusOr<Restored> EmbeddedEngine::Restore(BackupRecords& backup,
                                                 const RestoreOptions& options) {
  absl::MutexLock lock(&commit_mutex_);
  const absl::StatusOr<Counters> counters = TryRestore(backup, options);
  if (!counters.ok()) {
    is_half_restored_ = ErrorReason(counters.status()) != "NOT_EMPTY";
    (void)DropHalf();
    return counters.status();
  }
  feed_.Restart(counters->revision);
  return Restored{.counters = *counters, .epoch = epoch_};
}

absl::StatusOr<Counters> EmbeddedEngine::TryRestore(BackupRecords& backup,
                                                    const RestoreOptions& options) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, FillFromBackup(store_, backup, options));
  UNDERSTUDY_ASSIGN_OR_RETURN(epoch_, store_.AdvanceEpoch(backup.epoch()));
  UNDERSTUDY_RETURN_IF_ERROR(store_.Apply({.counters = counters}, ReplicaPosition{}));
  UNDERSTUDY_RETURN_IF_ERROR(store_.Sync());
  return counters;
}

absl::Status EmbeddedEngine::DropHalf() {
  if (!is_half_restored_) return absl::OkStatus();
  UNDERSTUDY_RETURN_IF_ERROR(DropUnfinishedRestore(store_).status());
  is_half_restored_ = false;
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, store_.Snapshot()->ReadCounters());
  feed_.Restart(counters.revision);
  return absl::OkStatus();
}

void EmbeddedEngine::SetDiskState(const absl::Status& state) {
  if (!state.ok() && disk_state_.ok()) {
    failing_since_ = absl::FormatTime(absl::RFC3339_sec, clock_.WallNow(), absl::UTCTimeZone());
  }
  next_try_ = clock_.SteadyNow() + options_.recovery_interval;
  disk_state_ = state;
  observer_.OnDiskState(state);
}

absl::Status EmbeddedEngine::Recover() {
  UNDERSTUDY_RETURN_IF_ERROR(store_.Recover());
  // The batch that failed may turn out to be stored after all.
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, store_.Snapshot()->ReadCounters());
  feed_.Restart(counters.revision);
  return absl::OkStatus();
}

absl::Status EmbeddedEngine::TryDisk() {
  UNDERSTUDY_RETURN_IF_ERROR(DropHalf());
  if (disk_state_.ok()) return absl::OkStatus();
  if (clock_.SteadyNow() >= next_try_) SetDiskState(Recover());
  if (disk_state_.ok()) return absl::OkStatus();
  return WithContext(disk_state_, absl::StrCat("writes have been refused since ", failing_since_));
}

}  // namespace understudy::config_vault
