#ifndef UNDERSTUDY_TESTS_SIMULATION_CHECKPOINT_SERVER_H_
#define UNDERSTUDY_TESTS_SIMULATION_CHECKPOINT_SERVER_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/random/random.h"
#include "services/checkpoint_store/checkpoint_state_machine.h"
#include "services/checkpoint_store/device_directory.h"
#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

namespace understudy::simulation {

// Draws identifiers as the real source does, and now and then one that it has drawn before: the
// core must not hand it out while it is somebody's.
class ForgetfulSource final : public checkpoint_store::IdentifierSource {
 public:
  explicit ForgetfulSource(uint64_t seed) : random_(seed) {}
  checkpoint_store::Identifier Draw() override;

 private:
  Random random_;
  std::vector<checkpoint_store::Identifier> drawn_;
};

// How a server dies while it serves a request.
enum class Crash { kNone, kBeforeCommit, kAfterCommit };

// checkpoint-store's real protocol and core over a store whose commits survive, in one thread.
// Answers whole requests of HTTP. A crash loses the directory and the answer, never a commit.
class CheckpointServer {
 public:
  explicit CheckpointServer(uint64_t seed);

  // Nothing: it crashed, and is up again.
  std::optional<std::string> Serve(std::string_view request, Crash crash);

  // The operator's. False when refused.
  bool Enrol(const std::string& identifier, const std::string& device, const std::string& content);
  bool Stage(const std::string& device, const std::string& content);

  // What went wrong with identifiers; empty: nothing. One that was handed out as a device's next
  // must never be another's, and once it has been used never be a next again.
  const std::string& breach() const { return breach_; }
  uint64_t commits() const { return commits_; }

 private:
  absl::StatusOr<checkpoint_store::Outcome> Apply(checkpoint_store::Command command);
  std::string Answer(std::string_view request);
  void Restart();
  void NoteHandedOut(const checkpoint_store::Identifier& next, const std::string& device);

  checkpoint_store::MemoryCheckpointStore store_;
  ForgetfulSource source_;
  std::unique_ptr<checkpoint_store::DeviceDirectory> directory_;
  Crash crash_ = Crash::kNone;
  bool crashed_ = false;
  uint64_t commits_ = 0;
  // Of each next identifier that was handed out: whose, and whether something was stored under it.
  struct HandedOut {
    std::string device;
    bool used = false;
  };
  std::map<std::string, HandedOut> handed_out_;
  std::string breach_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_CHECKPOINT_SERVER_H_
