#ifndef UNDERSTUDY_COMMON_CONTROL_NODES_CONTROL_NODE_H_
#define UNDERSTUDY_COMMON_CONTROL_NODES_CONTROL_NODE_H_

#include <string>

namespace understudy {

// Where a control node's three services are reached by others: host:port each. One that the caller
// does not know, or has no need of, is empty.
struct ControlNode {
  std::string vault = {};
  std::string membership = {};
  std::string orchestrator = {};

  friend bool operator==(const ControlNode&, const ControlNode&) = default;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_CONTROL_NODES_CONTROL_NODE_H_
