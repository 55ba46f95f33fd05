#include "services/config_vault/embedded_engine.h"

#include <utility>
#include <variant>

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
      commit_(options.limits, clock, "vault-write", "the vault", *this) {}

EmbeddedEngine::~EmbeddedEngine() { Stop(); }

void EmbeddedEngine::Propose(Command command, Done done) {
  const size_t bytes = BytesOf(command);
  commit_.Propose(std::move(command), bytes, std::move(done));
}

void EmbeddedEngine::Stop() { commit_.Stop(); }

absl::Status EmbeddedEngine::Commit(std::vector<Command> commands,
                                    std::vector<absl::StatusOr<Outcome>>& outcomes) {
  absl::MutexLock lock(&commit_mutex_);
  UNDERSTUDY_RETURN_IF_ERROR(DropHalf());
  return Decide(std::move(commands), outcomes);
}

absl::Status EmbeddedEngine::Decide(std::vector<Command> commands,
                                    std::vector<absl::StatusOr<Outcome>>& outcomes) {
  const std::unique_ptr<VaultReader> view = store_.Snapshot();
  VaultStateMachine machine(options_.policy, epoch_, *view);
  outcomes.reserve(commands.size());
  for (Command& command : commands) outcomes.push_back(machine.Apply(std::move(command)));
  if (machine.batch().mutations.empty()) return absl::OkStatus();
  const SteadyTime start = clock_.SteadyNow();
  UNDERSTUDY_RETURN_IF_ERROR(store_.Commit(machine.batch()));
  const Counters& counters = machine.batch().counters;
  observer_.OnCommitted(commands.size(), clock_.SteadyNow() - start, counters);
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

absl::Status EmbeddedEngine::Recover() {
  absl::MutexLock lock(&commit_mutex_);
  UNDERSTUDY_RETURN_IF_ERROR(store_.Recover());
  // The batch that failed may turn out to be stored after all.
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, store_.Snapshot()->ReadCounters());
  feed_.Restart(counters.revision);
  return absl::OkStatus();
}

}  // namespace understudy::config_vault
