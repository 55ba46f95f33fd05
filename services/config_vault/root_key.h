#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_KEY_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_KEY_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/config_vault/role.h"

namespace understudy::config_vault {

// The document that lists the admitted control nodes.
inline constexpr char kControlNodesDocument[] = "control/nodes";

// What the key `root` holds: who is root.
struct RootRecord {
  std::string node_id = {};
  // Drawn at random by each start of the node's vault, never 0: a node that has restarted is not
  // the root that it was, and claims the place anew.
  uint64_t instance = 0;
  NodeAddresses addresses = {};
  // Empty when the node claimed the place itself; else the root that handed it over.
  std::string handed_over_by = {};
  // For people.
  absl::Time claimed_at = absl::UnixEpoch();

  bool operator==(const RootRecord&) const = default;
};

// The key with its epoch, which is the revision that wrote it: it only grows. 0: there is no root.
// An epoch with an empty record: there is none either, because the key's store was built anew; the
// next claim expects this epoch, and all epochs to come are above it.
struct RootClaim {
  Epoch epoch = 0;
  RootRecord record = {};

  bool operator==(const RootClaim&) const = default;
};

// The key `root`, which all control nodes of a site share and which has one order of changes.
// Whoever it names is root; every deciding write is compared with it, so nothing waits for a lease
// to expire.
//
// Calls return at once. Callbacks run exactly once, on any thread, possibly before the call
// returns, and must not block. Thread-safe.
class RootKey {
 public:
  using ReadDone = absl::AnyInvocable<void(absl::StatusOr<RootClaim>)>;
  struct ClaimResult {
    // Whether this call wrote the record.
    bool won = false;
    // Who is root now: ours when won.
    RootClaim owner = {};
  };
  using ClaimDone = absl::AnyInvocable<void(absl::StatusOr<ClaimResult>)>;

  virtual ~RootKey() = default;

  // Linearizable: as the key was at a moment between call and answer. UNAVAILABLE or
  // DEADLINE_EXCEEDED when it cannot be read now.
  virtual void Read(ReadDone done) = 0;

  // Writes the record if the key's epoch is still `expected` (0: there was none). The record may
  // name another node: that hands the root over to it. On UNAVAILABLE or DEADLINE_EXCEEDED it may
  // or may not have been written: repeat the call, which then loses to its own first attempt (same
  // node and instance) at worst.
  virtual void Claim(Epoch expected, const RootRecord& record, ClaimDone done) = 0;

  // The admitted nodes that this node goes by are those of this revision of whoever orders writes
  // (ReplicaProgress::applied): from now on a claim for itself is done only if they have not
  // changed since; else it is answered as one that lost to the owner that it expected. So who was
  // removed and has not noticed claims nothing.
  virtual void SetNodesSeen(uint64_t applied) { (void)applied; }

  // The key as this node's replica comes to know it: at once when it is known, then each change, in
  // order. When `on_change` is told of epoch E, all that was written before E is in the replica: so
  // a node that sees its own claim here has seen everything that it must not forget. One
  // subscriber, called by one thread at a time. Calls end when Unsubscribe returns.
  virtual void Subscribe(std::function<void(const RootClaim&)> on_change) = 0;
  virtual void Unsubscribe() = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_KEY_H_
