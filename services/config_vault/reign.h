#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_REIGN_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_REIGN_H_

#include <functional>

#include "services/config_vault/registry_records.h"

namespace understudy::config_vault {

// How far a replica has come; numbers are those of the engine that orders writes (etcd's
// revisions).
struct ReplicaProgress {
  // Follows the changes one by one: not empty, not being filled from a snapshot.
  bool following = false;
  uint64_t applied = 0;

  bool operator==(const ReplicaProgress&) const = default;
};

// What an engine offers whose node may become root and lose that place again. Thread-safe; calls
// return at once.
class Reign {
 public:
  virtual ~Reign() = default;

  // Commands are decided under this epoch from now on. Called only after the subscription of
  // RootKey has told of the epoch, so that the replica holds all that came before it.
  virtual void BeginReign(Epoch epoch) = 0;
  // No command is begun from now on: those proposed later, and those that wait, are refused with
  // UNAVAILABLE NOT_ROOT; nothing of them has happened. Those under way get the answer that becomes
  // known, which may be NOT_ROOT.
  virtual void EndReign() = 0;

  // What the engine tells about a reign, from its own threads. Set before the first BeginReign.
  struct Listener {
    // A write was refused because the key `root` has moved on: this node is no longer root.
    std::function<void(Epoch epoch)> on_deposed;
    // A write or a linearizable read has just shown that `epoch` is still the newest.
    std::function<void(Epoch epoch)> on_confirmed;
  };
  virtual void SetListener(Listener listener) = 0;

  virtual ReplicaProgress progress() const = 0;

  // Another control node's replica has come to `applied`, as its beat says.
  virtual void OnPeerProgress(uint64_t applied) { (void)applied; }
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_REIGN_H_
