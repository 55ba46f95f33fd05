#include "services/checkpoint_store/checkpoint_engine.h"

#include <pthread.h>

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/checkpoint_store/checkpoint_state_machine.h"
#include "services/checkpoint_store/directory_view.h"

namespace understudy::checkpoint_store {
namespace {

// What a command counts for without its content.
constexpr size_t kCommandBytes = 1024;

struct ContentBytes {
  size_t operator()(const Enrol& enrol) const { return enrol.content.size(); }
  size_t operator()(const Store& store) const { return store.content.size(); }
  size_t operator()(const Stage& stage) const { return stage.content.size(); }
  template <typename Other>
  size_t operator()(const Other&) const {
    return 0;
  }
};

absl::Status ShuttingDown() {
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the store is shutting down");
}

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointEngine>> CheckpointEngine::Start(
    const EngineOptions& options, const Clock& clock, CheckpointStore& store,
    SharedDirectory& directory, IdentifierSource& source, EngineObserver& observer) {
  std::unique_ptr<CheckpointEngine> engine(
      new CheckpointEngine(options, clock, store, directory, source, observer));
  UNDERSTUDY_RETURN_IF_ERROR(engine->Load());
  engine->thread_ = std::thread([raw = engine.get()] { raw->Loop(); });
  pthread_setname_np(engine->thread_.native_handle(), "checkpoint-wr");
  return engine;
}

CheckpointEngine::CheckpointEngine(const EngineOptions& options, const Clock& clock,
                                   CheckpointStore& store, SharedDirectory& directory,
                                   IdentifierSource& source, EngineObserver& observer)
    : options_(options),
      clock_(clock),
      store_(store),
      directory_(directory),
      source_(source),
      observer_(observer) {}

CheckpointEngine::~CheckpointEngine() { Stop(); }

absl::Status CheckpointEngine::Admit(size_t bytes) const {
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

void CheckpointEngine::Propose(Command command, Done done) {
  const size_t bytes = kCommandBytes + std::visit(ContentBytes(), command);
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

void CheckpointEngine::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

void CheckpointEngine::Loop() {
  Batch batch;
  while (Next(batch)) Run(std::exchange(batch, {}));
}

bool CheckpointEngine::Next(Batch& batch) {
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

void CheckpointEngine::Run(Batch batch) {
  std::vector<absl::StatusOr<Outcome>> outcomes;
  absl::Status status = TryDisk();
  if (status.ok()) status = Decide(batch, outcomes);
  for (size_t i = 0; i < batch.size(); ++i) {
    batch[i].done(status.ok() ? std::move(outcomes[i]) : absl::StatusOr<Outcome>(status));
  }
}

absl::Status CheckpointEngine::Decide(Batch& batch,
                                      std::vector<absl::StatusOr<Outcome>>& outcomes) {
  const DirectoryView view(directory_.ForWriter(), store_);
  CheckpointStateMachine machine(options_.policy, view, source_);
  outcomes.reserve(batch.size());
  for (Waiting& waiting : batch) outcomes.push_back(machine.Apply(std::move(waiting.command)));
  if (machine.batch().mutations.empty()) return absl::OkStatus();
  const SteadyTime start = clock_.SteadyNow();
  if (absl::Status status = store_.Commit(machine.batch()); !status.ok()) {
    // Even refusals may have been decided on what is now undone.
    SetDiskState(status);
    return status;
  }
  directory_.Apply(machine.batch());
  observer_.OnCommitted(batch.size(), clock_.SteadyNow() - start, machine.batch(),
                        machine.events());
  return absl::OkStatus();
}

absl::Status CheckpointEngine::Load() {
  auto loaded = std::make_unique<DeviceDirectory>(directory_.key());
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters,
                              store_.Load([&](std::shared_ptr<const Device> device) {
                                loaded->Put(std::move(device));
                              }));
  loaded->SetCounters(counters);
  directory_.Replace(std::move(loaded));
  observer_.OnReloaded();
  return absl::OkStatus();
}

void CheckpointEngine::SetDiskState(const absl::Status& state) {
  if (!state.ok() && disk_state_.ok()) {
    failing_since_ = absl::FormatTime(absl::RFC3339_sec, clock_.WallNow(), absl::UTCTimeZone());
  }
  next_try_ = clock_.SteadyNow() + options_.recovery_interval;
  disk_state_ = state;
  observer_.OnDiskState(state);
}

absl::Status CheckpointEngine::Recover() {
  UNDERSTUDY_RETURN_IF_ERROR(store_.Recover());
  return Load();
}

absl::Status CheckpointEngine::TryDisk() {
  if (disk_state_.ok()) return absl::OkStatus();
  if (clock_.SteadyNow() >= next_try_) SetDiskState(Recover());
  if (disk_state_.ok()) return absl::OkStatus();
  return WithContext(disk_state_, absl::StrCat("writes have been refused since ", failing_since_));
}

}  // namespace understudy::checkpoint_store
