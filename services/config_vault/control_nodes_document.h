#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_NODES_DOCUMENT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_NODES_DOCUMENT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/config_vault/command.h"
#include "services/config_vault/root_claim_action.h"
#include "services/config_vault/vault_reader.h"

// The admitted control nodes are a document like any other: replicated, with history, in every
// backup. The first root writes it; operators change it by the Control service.
namespace understudy::config_vault {

inline constexpr char kControlNodesDocument[] = "control/nodes";
inline constexpr size_t kMaxControlNodes = 7;

// {"nodes": [{"id": "control-1", "vault": "host:port", "membership": ..., "orchestrator": ...,
//             "beats": ...}, ...]}
std::string EncodeControlNodes(const std::vector<ControlNode>& nodes);
// INVALID_ARGUMENT INVALID_NODE: what is wrong, and at which node. Other members are ignored.
absl::StatusOr<std::vector<ControlNode>> ParseControlNodes(std::string_view json);
// INVALID_ARGUMENT INVALID_NODE.
absl::Status CheckControlNode(const ControlNode& node);

// As they are stored.
struct StoredControlNodes {
  Revision revision = 0;
  std::vector<ControlNode> nodes = {};
};
// Nothing when there is no such document. Errors are those of the reader and of ParseControlNodes.
absl::StatusOr<std::optional<StoredControlNodes>> ReadControlNodes(const VaultReader& reader);

// The write that puts `nodes` in the place of revision `expected`; 0 where there was none.
absl::StatusOr<PutDocument> MakeControlNodesWrite(const std::vector<ControlNode>& nodes,
                                                  Revision expected, std::string_view author,
                                                  std::string_view comment, absl::Time time);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_NODES_DOCUMENT_H_
