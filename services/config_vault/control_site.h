#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_SITE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_SITE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/config_vault/root_claim_action.h"

namespace understudy::config_vault {

// A control node as another one sees it, or itself.
struct ControlNodeStatus {
  ControlNode node = {};
  // The node that was asked.
  bool self = false;
  bool is_root = false;
  // The newest epoch that it knows.
  Epoch epoch = 0;
  // Of its replica; `behind` is how far it is from the newest that any node has.
  bool following = false;
  uint64_t applied = 0;
  uint64_t behind = 0;
  bool household_whole = false;
  // Since its last beat; nothing when it was not heard since this node started. Zero for itself.
  std::optional<absl::Duration> heard_ago = {};
};

// The site's control nodes, for the Control service. Thread-safe; callbacks run once, on any
// thread, and must not block.
class ControlSite {
 public:
  using ListDone = absl::AnyInvocable<void(std::vector<ControlNodeStatus>)>;
  using HandOverDone = absl::AnyInvocable<void(absl::StatusOr<RootClaim>)>;

  virtual ~ControlSite() = default;
  // By id.
  virtual void List(ListDone done) = 0;
  // As RootClaimCore::HandOver.
  virtual void HandOver(const std::string& to, HandOverDone done) = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_SITE_H_
