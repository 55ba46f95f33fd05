#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_CHECKPOINT_HARNESS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_CHECKPOINT_HARNESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "services/checkpoint_store/checkpoint_policy.h"
#include "services/checkpoint_store/checkpoint_store.h"
#include "services/checkpoint_store/command.h"
#include "services/checkpoint_store/device_directory.h"

// For tests of what stands on the state machine: makes commands, decides them and stores the
// result.
namespace understudy::checkpoint_store {

// Seeded: the same seed draws the same identifiers.
class SeededIdentifierSource final : public IdentifierSource {
 public:
  explicit SeededIdentifierSource(uint64_t seed) : random_(seed) {}
  Identifier Draw() override;
  // The next draw gives this one.
  void Force(const Identifier& identifier) { forced_.push_back(identifier); }

 private:
  Random random_;
  // First in, first out.
  std::vector<Identifier> forced_;
};

// The identifier of 128 bits that `text` stands for, always the same.
Identifier MakeIdentifier(std::string_view text);
Enrol MakeEnrol(const Identifier& identifier, std::string device_id, std::string content);
Fetch MakeFetch(const Identifier& identifier, std::string name = "");
Store MakeStore(const Identifier& identifier, std::string content, std::string name = "");
Stage MakeStage(std::string device_id, std::string content, std::string name = "");

// Runs commands on a store as the engine does.
class CheckpointHarness {
 public:
  explicit CheckpointHarness(std::unique_ptr<CheckpointStore> store, CheckpointPolicy policy = {},
                             uint64_t seed = 1);

  // Decides one command and commits what it changes. A store that fails ends the test.
  absl::StatusOr<Outcome> Apply(Command command);
  // Decides all of them in one batch.
  std::vector<absl::StatusOr<Outcome>> ApplyTogether(std::vector<Command> commands);

  // Apply, for commands that must be accepted.
  EnrolOutcome Enrolled(Enrol command);
  FetchOutcome Fetched(Fetch command);
  StoreOutcome Stored(Store command);

  // As a server does: decides without the machine where that is enough.
  absl::StatusOr<FetchOutcome> Get(const Fetch& fetch);
  absl::StatusOr<std::string> ContentOf(const FetchOutcome& outcome) const;

  // Loads the directory from the store again, as a server that starts.
  void Restart();

  std::shared_ptr<const Device> DeviceById(std::string_view id) const {
    return directory_->FindById(id);
  }
  const DeviceDirectory& directory() const { return *directory_; }
  CheckpointStore& store() { return *store_; }
  SeededIdentifierSource& source() { return source_; }
  // Of all commands so far.
  const std::vector<Event>& events() const { return events_; }

 private:
  std::unique_ptr<CheckpointStore> store_;
  const CheckpointPolicy policy_;
  SeededIdentifierSource source_;
  std::unique_ptr<DeviceDirectory> directory_;
  std::vector<Event> events_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_CHECKPOINT_HARNESS_H_
