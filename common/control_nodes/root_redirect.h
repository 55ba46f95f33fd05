#ifndef UNDERSTUDY_COMMON_CONTROL_NODES_ROOT_REDIRECT_H_
#define UNDERSTUDY_COMMON_CONTROL_NODES_ROOT_REDIRECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/control_nodes/control_node.h"

namespace understudy {

inline constexpr char kNotRootReason[] = "NOT_ROOT";

// What a control node that is not root knows of the one that is. Empty fields: not known.
struct RootRedirect {
  // Of the root that is named; 0 when it is not known.
  uint64_t epoch = 0;
  std::string node_id = {};
  ControlNode addresses = {};

  friend bool operator==(const RootRedirect&, const RootRedirect&) = default;
};

// UNAVAILABLE NOT_ROOT: nothing has happened, ask the root. Its ErrorInfo's metadata are, as far as
// they are known: epoch (decimal), root (the node's id), vault, membership, orchestrator
// (host:port).
absl::Status MakeNotRootError(std::string_view message, const RootRedirect& root = {});

// What a NOT_ROOT error says; nothing for any other status. Fields that make no sense count as not
// known.
std::optional<RootRedirect> RedirectOf(const absl::Status& status);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_CONTROL_NODES_ROOT_REDIRECT_H_
