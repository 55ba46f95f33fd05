#ifndef UNDERSTUDY_CLI_VERBS_VAULT_NODES_H_
#define UNDERSTUDY_CLI_VERBS_VAULT_NODES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/context.h"

// What the vault verbs have in common.
namespace understudy::cli {

// What the vault at an address holds, or why it does not say so.
struct VaultNode {
  std::string address = {};
  absl::StatusOr<config_vault::v1::GetPositionResponse> position;

  // 0 when it does not answer.
  uint64_t revision() const { return position.ok() ? position->revision() : 0; }
};

// Asks every control node's vault; in the order of the site's addresses.
absl::StatusOr<std::vector<VaultNode>> AskVaults(Context& context);

// The one that holds the most: the highest revision, then the longest history. UNAVAILABLE
// NOT_REACHABLE when none answers.
absl::StatusOr<VaultNode> Fullest(const std::vector<VaultNode>& nodes);

// The address of the root's vault, for which a site that is just choosing its root is given as long
// as a call may take. UNAVAILABLE NO_ROOT (metadata: none) when no vault says it is.
absl::StatusOr<std::string> RootVault(Context& context);

// Asks on standard error, reads a line; FAILED_PRECONDITION NOT_CONFIRMED unless it is "yes".
absl::Status Confirm(Context& context, const std::string& question);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_VAULT_NODES_H_
