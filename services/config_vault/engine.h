#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ENGINE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ENGINE_H_

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "services/config_vault/command.h"

namespace understudy::config_vault {

// Where the order of writes comes from. An engine takes commands from any thread, puts them in one
// order, lets the state machine decide them in that order, and makes the result durable in its way
// before anyone is told. The embedded engine does so on one disk; one that replicates puts the
// batches in order elsewhere and applies them to the local store as they come back.
//
// Reads do not pass through the engine but through ReadBarrier: an acknowledged write may be on its
// way to the local store still.
class Engine {
 public:
  // Called exactly once, on a thread of the engine; must not block.
  using Done = absl::AnyInvocable<void(absl::StatusOr<Outcome>)>;

  virtual ~Engine() = default;

  // Decides a command and makes it durable, then tells the outcome. Commands of one thread are
  // decided in the order proposed. Besides the reasons of the rules:
  //   RESOURCE_EXHAUSTED OVERLOADED: too many wait; nothing has happened
  //   RESOURCE_EXHAUSTED DISK_FULL, UNAVAILABLE DISK_ERROR: could not be made durable; whether it
  //                      happened is unknown to the proposer, who may repeat it
  //   UNAVAILABLE        SHUTTING_DOWN: nothing has happened
  //   UNAVAILABLE        NOT_ROOT: this node is a sentinel; nothing has happened
  // `done` is called on the caller's thread when the command is refused at once.
  virtual void Propose(Command command, Done done) = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ENGINE_H_
