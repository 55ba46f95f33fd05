#include "services/checkpoint_store/testing/checkpoint_harness.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "services/checkpoint_store/checkpoint_state_machine.h"
#include "services/checkpoint_store/directory_view.h"

namespace understudy::checkpoint_store {
namespace {

[[noreturn]] void Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

template <typename Value>
Value Expect(absl::StatusOr<Outcome> outcome) {
  if (!outcome.ok()) Fail(outcome.status());
  return std::get<Value>(*std::move(outcome));
}

}  // namespace

Identifier SeededIdentifierSource::Draw() {
  if (!forced_.empty()) {
    const Identifier forced = forced_.front();
    forced_.erase(forced_.begin());
    return forced;
  }
  const uint64_t words[2] = {random_.Next(), random_.Next()};
  return *Identifier::FromBytes({reinterpret_cast<const char*>(words), sizeof(words)});
}

Identifier MakeIdentifier(std::string_view text) {
  const Sha256 digest = Sha256Of(text);
  return *Identifier::FromBytes(
      {reinterpret_cast<const char*>(digest.data()), Identifier::kDrawnBytes});
}

Enrol MakeEnrol(const Identifier& identifier, std::string device_id, std::string content) {
  Enrol enrol;
  enrol.identifier = identifier;
  enrol.device_id = std::move(device_id);
  enrol.sha256 = Sha256Of(content);
  enrol.content = std::move(content);
  enrol.operator_name = "anna";
  return enrol;
}

Fetch MakeFetch(const Identifier& identifier, std::string name) {
  Fetch fetch;
  fetch.identifier = identifier;
  fetch.name = std::move(name);
  fetch.source = "192.0.2.1";
  return fetch;
}

Store MakeStore(const Identifier& identifier, std::string content, std::string name) {
  Store store;
  store.identifier = identifier;
  store.name = std::move(name);
  store.sha256 = Sha256Of(content);
  store.content = std::move(content);
  store.source = "192.0.2.1";
  return store;
}

Stage MakeStage(std::string device_id, std::string content, std::string name) {
  Stage stage;
  stage.device_id = std::move(device_id);
  stage.name = std::move(name);
  stage.sha256 = Sha256Of(content);
  stage.content = std::move(content);
  stage.operator_name = "anna";
  return stage;
}

CheckpointHarness::CheckpointHarness(std::unique_ptr<CheckpointStore> store,
                                     CheckpointPolicy policy, uint64_t seed)
    : store_(std::move(store)), policy_(policy), source_(seed) {
  Restart();
}

absl::StatusOr<Outcome> CheckpointHarness::Apply(Command command) {
  std::vector<Command> commands;
  commands.push_back(std::move(command));
  return std::move(ApplyTogether(std::move(commands)).front());
}

std::vector<absl::StatusOr<Outcome>> CheckpointHarness::ApplyTogether(
    std::vector<Command> commands) {
  const DirectoryView view(*directory_, *store_);
  CheckpointStateMachine machine(policy_, view, source_);
  std::vector<absl::StatusOr<Outcome>> outcomes;
  for (Command& command : commands) outcomes.push_back(machine.Apply(std::move(command)));
  if (machine.batch().mutations.empty()) return outcomes;
  if (const absl::Status status = store_->Commit(machine.batch()); !status.ok()) Fail(status);
  directory_->Apply(machine.batch());
  events_.insert(events_.end(), machine.events().begin(), machine.events().end());
  return outcomes;
}

EnrolOutcome CheckpointHarness::Enrolled(Enrol command) {
  return Expect<EnrolOutcome>(Apply(std::move(command)));
}
FetchOutcome CheckpointHarness::Fetched(Fetch command) {
  return Expect<FetchOutcome>(Apply(std::move(command)));
}
StoreOutcome CheckpointHarness::Stored(Store command) {
  return Expect<StoreOutcome>(Apply(std::move(command)));
}

absl::StatusOr<FetchOutcome> CheckpointHarness::Get(const Fetch& fetch) {
  const FetchDecision decision = DecideFetch(DirectoryView(*directory_, *store_), fetch);
  if (!decision.needs_command) return decision.answer;
  absl::StatusOr<Outcome> outcome = Apply(fetch);
  if (!outcome.ok()) return outcome.status();
  return std::get<FetchOutcome>(*std::move(outcome));
}

absl::StatusOr<std::string> CheckpointHarness::ContentOf(const FetchOutcome& outcome) const {
  return store_->ReadContent(outcome.device, outcome.info.slot);
}

void CheckpointHarness::Restart() {
  directory_ = std::make_unique<DeviceDirectory>(HashKey{1, 2, 3});
  const absl::StatusOr<Counters> counters = store_->Load(
      [this](std::shared_ptr<const Device> device) { directory_->Put(std::move(device)); });
  if (!counters.ok()) Fail(counters.status());
  directory_->SetCounters(*counters);
}

}  // namespace understudy::checkpoint_store
