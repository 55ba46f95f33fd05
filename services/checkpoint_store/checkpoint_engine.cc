#include "services/checkpoint_store/checkpoint_engine.h"

#include <utility>
#include <variant>

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

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointEngine>> CheckpointEngine::Start(
    const EngineOptions& options, const Clock& clock, CheckpointStore& store,
    SharedDirectory& directory, IdentifierSource& source, EngineObserver& observer) {
  std::unique_ptr<CheckpointEngine> engine(
      new CheckpointEngine(options, clock, store, directory, source, observer));
  UNDERSTUDY_RETURN_IF_ERROR(engine->Load());
  CommitTarget<Command, Outcome>& target = *engine;
  engine->commit_.emplace(options.limits, clock, "checkpoint-wr", "the store", target);
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

void CheckpointEngine::Propose(Command command, Done done) {
  const size_t bytes = kCommandBytes + std::visit(ContentBytes(), command);
  commit_->Propose(std::move(command), bytes, std::move(done));
}

void CheckpointEngine::Stop() {
  if (commit_.has_value()) commit_->Stop();
}

absl::Status CheckpointEngine::Commit(std::vector<Command> commands,
                                      std::vector<absl::StatusOr<Outcome>>& outcomes) {
  const DirectoryView view(directory_.ForWriter(), store_);
  CheckpointStateMachine machine(options_.policy, view, source_);
  outcomes.reserve(commands.size());
  for (Command& command : commands) outcomes.push_back(machine.Apply(std::move(command)));
  if (machine.batch().mutations.empty()) return absl::OkStatus();
  const SteadyTime start = clock_.SteadyNow();
  UNDERSTUDY_RETURN_IF_ERROR(store_.Commit(machine.batch()));
  directory_.Apply(machine.batch());
  observer_.OnCommitted(commands.size(), clock_.SteadyNow() - start, machine.batch(),
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

absl::Status CheckpointEngine::Recover() {
  UNDERSTUDY_RETURN_IF_ERROR(store_.Recover());
  return Load();
}

}  // namespace understudy::checkpoint_store
