#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_BEAT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_BEAT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/time/steady_time.h"
#include "services/config_vault/registry_records.h"

namespace understudy::config_vault {

// What a control node tells the others with each beat. How it travels: control_packet.h.
struct ControlBeat {
  // Of the sender's start.
  uint64_t instance = 0;
  // The newest epoch that the sender knows, and the node that owns it; empty when it knows no
  // owner.
  Epoch epoch = 0;
  std::string root = {};
  // The sender acts as root, under `epoch`.
  bool is_root = false;
  // Membership and orchestrator beside it are there and well.
  bool household_whole = false;
  // Its replica follows the changes one by one (and, of a root: the key could be read lately), and
  // how far it has come.
  bool following = false;
  uint64_t applied = 0;
  // How long ago the sender last heard the root of `epoch`; nothing when it never did.
  std::optional<absl::Duration> root_heard_ago = {};
  // To the root of `epoch`: for so long after the newest of its packets that the sender has seen,
  // the sender claims nothing. Zero: it promises nothing.
  absl::Duration holds_still = absl::ZeroDuration();
  // When that packet was sent, on the receiver's clock. Does not travel: ControlLinks knows.
  std::optional<SteadyTime> acknowledged = {};

  bool operator==(const ControlBeat&) const = default;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_BEAT_H_
