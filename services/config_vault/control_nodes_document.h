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

inline constexpr size_t kMaxControlNodes = 7;

// {"nodes": [{"id": "control-1", "vault": "host:port", "membership": ..., "orchestrator": ...,
//             "beats": ...}, ...]}
std::string EncodeControlNodes(const std::vector<ControlNode>& nodes);
// INVALID_ARGUMENT INVALID_NODE: what is wrong, and at which node. Other members are ignored.
absl::StatusOr<std::vector<ControlNode>> ParseControlNodes(std::string_view json);
// INVALID_ARGUMENT INVALID_NODE.
absl::Status CheckControlNode(const ControlNode& node);

// Puts `node`, which is a valid one, among `nodes`, or in the place of the one with its id.
//   RESOURCE_EXHAUSTED TOO_MANY_NODES
//   INVALID_ARGUMENT   ADDRESS_TAKEN: another node's, whose beats and calls it would get
absl::Status AdmitControlNode(const ControlNode& node, std::vector<ControlNode>& nodes);
// `root` is the id of the one that is root.
//   FAILED_PRECONDITION NODE_IS_ROOT
//   NOT_FOUND           NODE_NOT_FOUND
absl::Status DismissControlNode(const std::string& id, const std::string& root,
                                std::vector<ControlNode>& nodes);

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
