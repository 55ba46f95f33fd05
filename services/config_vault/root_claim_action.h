#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_CLAIM_ACTION_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_CLAIM_ACTION_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/steady_time.h"
#include "services/config_vault/control_beat.h"
#include "services/config_vault/document.h"
#include "services/config_vault/role.h"
#include "services/config_vault/root_key.h"

// What the root claim's core is told about the site, and what it wants done.
namespace understudy::config_vault {

struct RootClaimPolicy {
  absl::Duration beat_interval = absl::Milliseconds(50);
  // The root is silent when nothing came from it for so many intervals.
  int missed_beats_limit = 3;
  // A new root, or one that is known from the key alone, may take so long to its first beat.
  absl::Duration first_deadline = absl::Milliseconds(500);
  // Each sentinel that stands before this one in the order of ranks is given so long to claim
  // first.
  absl::Duration stagger = absl::Milliseconds(25);
  // A sentinel that hears nobody at all doubts itself for so many intervals more.
  int alone_intervals = 10;
  // The root reads the key this often, to see that it still owns it.
  absl::Duration confirm_every = absl::Milliseconds(500);
  // A root that could not confirm its place for so long, neither by the key nor by a majority of
  // the nodes, stops acting. Must be shorter than what a new root's membership gives stations to
  // join.
  absl::Duration resign_after = absl::Seconds(1);
  // A root that has said for so long that etcd is out of its reach is replaced by a sentinel that
  // has reached etcd for as long: it beats, but it can take no write.
  absl::Duration cut_off_limit = absl::Seconds(2);
  // A new root's replica may take so long to come to its own claim.
  absl::Duration catch_up_limit = absl::Seconds(5);
  // How long a sibling may be gone before the root is handed over.
  absl::Duration household_grace = absl::Milliseconds(500);
  absl::Duration first_retry = absl::Milliseconds(50);
  absl::Duration last_retry = absl::Seconds(1);
  // Roots that were deposed although they lived, in this time, slow further claims down: from the
  // third on by the detection time, doubled each time, to this at most.
  absl::Duration false_alarm_memory = absl::Minutes(1);
  absl::Duration max_damping = absl::Seconds(10);
  // The root may read without asking etcd while all others have promised to claim nothing. Also
  // whether this node promises so.
  bool read_lease = true;
  // The root's own clock must run so much less than a promise lasts on the other's: what both
  // clocks may differ in speed, and more.
  double read_lease_share = 0.8;

  // The last beat to "silent".
  absl::Duration detection_time() const { return beat_interval * missed_beats_limit; }
};

// A control node that is admitted to the site.
struct ControlNode {
  std::string id = {};
  NodeAddresses addresses = {};
  // host:port where it takes beats.
  std::string beats = {};

  bool operator==(const ControlNode&) const = default;
};

// This node.
struct ControlSelf {
  std::string id = {};
  // Of this start, never 0.
  uint64_t instance = 0;
  NodeAddresses addresses = {};
};

// To node `to`, or to all when it is empty.
struct SendBeat {
  std::string to = {};
  ControlBeat beat = {};
};
// RootKey::Claim; answered by OnClaimAnswered with this attempt.
struct ClaimKey {
  uint64_t attempt = 0;
  Epoch expected = 0;
  RootRecord record = {};
};
// RootKey::Read; answered by OnReadAnswered.
struct ReadKey {};
// Reign::BeginReign and EndReign.
struct StartReign {
  Epoch epoch = 0;
  // From the silence noticed to now; nothing when there was none (a first start, a hand-over).
  std::optional<absl::Duration> took = {};
};
struct StopReign {};
// ReadLease::Renew and Withdraw.
struct RenewLease {
  Epoch epoch = 0;
  // The revision of the admitted nodes that all have promised.
  Revision nodes = 0;
  SteadyTime until;

  bool operator==(const RenewLease&) const = default;
};
struct WithdrawLease {};
// RoleFeed::Publish. Comes after StartReign, and before StopReign: who is refused a write is told
// at once where to go.
struct PublishRole {
  RoleState state = {};
};
struct AnswerHandOver {
  uint64_t request = 0;
  absl::StatusOr<RootClaim> answer;
};
// For metrics.
struct FalseAlarm {};
// For the log.
struct Report {
  enum class Level { kInfo, kWarning };
  Level level = Level::kInfo;
  std::string text = {};
};

using ClaimAction = std::variant<SendBeat, ClaimKey, ReadKey, StartReign, StopReign, RenewLease,
                                 WithdrawLease, PublishRole, AnswerHandOver, FalseAlarm, Report>;

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROOT_CLAIM_ACTION_H_
