#include "cli/verbs/vault_nodes.h"

#include <istream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

// How often the vaults are asked again while none is the root's.
constexpr absl::Duration kAskAgain = absl::Milliseconds(100);

absl::StatusOr<config_vault::v1::GetPositionResponse> Ask(ClientFactory& clients,
                                                          const std::string& address) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto client, clients.Replication(address));
  return client->GetPosition();
}

absl::StatusOr<std::string> AskForRoot(const SiteAddresses& site, ClientFactory& clients) {
  std::string answers;
  for (const ControlNode& node : site.control_nodes) {
    if (node.vault.empty()) continue;
    const absl::StatusOr<config_vault::v1::WatchRoleResponse> role = clients.Role(node.vault);
    if (role.ok() && role->role() == config_vault::v1::ROLE_ROOT) return node.vault;
    absl::StrAppend(&answers, answers.empty() ? "" : "; ", node.vault, ": ",
                    role.ok() ? "a sentinel" : std::string(role.status().message()));
  }
  return MakeError(absl::StatusCode::kUnavailable, "NO_ROOT",
                   absl::StrCat("no vault says that it is the root's: ", answers));
}

}  // namespace

absl::StatusOr<std::vector<VaultNode>> AskVaults(Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteAddresses site, context.Site());
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, context.Clients());
  std::vector<VaultNode> nodes;
  for (const ControlNode& node : site.control_nodes) {
    if (node.vault.empty()) continue;
    nodes.push_back({.address = node.vault, .position = Ask(*clients, node.vault)});
  }
  return nodes;
}

absl::StatusOr<VaultNode> Fullest(const std::vector<VaultNode>& nodes) {
  const VaultNode* fullest = nullptr;
  const auto is_less = [](const VaultNode& a, const VaultNode& b) {
    if (a.position->revision() != b.position->revision()) {
      return a.position->revision() < b.position->revision();
    }
    return a.position->kept_revisions() < b.position->kept_revisions();
  };
  for (const VaultNode& node : nodes) {
    if (!node.position.ok()) continue;
    if (fullest == nullptr || is_less(*fullest, node)) fullest = &node;
  }
  if (fullest != nullptr) return *fullest;
  if (!nodes.empty()) return nodes.front().position.status();
  return MakeError(absl::StatusCode::kInvalidArgument, "NO_ADDRESS",
                   "no address of config-vault is known");
}

absl::StatusOr<std::string> RootVault(Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteAddresses site, context.Site());
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, context.Clients());
  absl::StatusOr<std::string> root;
  WaitFor(
      context.options().timeout,
      [&] {
        root = AskForRoot(site, *clients);
        return root.ok();
      },
      kAskAgain);
  return root;
}

absl::Status Confirm(Context& context, const std::string& question) {
  context.err() << question << " Type yes to go on: " << std::flush;
  std::string answer;
  std::getline(context.in(), answer);
  if (answer == "yes") return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_CONFIRMED",
                   "nothing was changed: answer yes, or add --yes");
}

}  // namespace understudy::cli
