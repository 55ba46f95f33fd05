#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_CONTROL_CHANNELS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_CONTROL_CHANNELS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/control_nodes/control_node.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace understudy::station_agent {

// The connections to the control nodes, and which of these is the root: the membership session
// finds out, the others go where it says. Thread-safe.
class ControlChannels {
 public:
  using SharedChannel = std::shared_ptr<grpc::Channel>;
  // Makes the channel of an address; no I/O happens before its first call.
  using Make = std::function<absl::StatusOr<SharedChannel>(const std::string& address)>;

  // `nodes`: at least one; the first counts as root until Use says otherwise.
  ControlChannels(std::vector<ControlNode> nodes, Make make);

  // That node is root.
  void Use(const ControlNode& root);
  ControlNode root() const;
  // The root, then the other nodes.
  std::vector<ControlNode> RootFirst() const;
  // Never null: where none can be made now (the certificate files are being replaced), one whose
  // calls all fail. Addresses of nodes that were never configured, but named by another, come and
  // go: only so many of them keep their channels.
  SharedChannel To(const std::string& address);

  const std::vector<ControlNode>& nodes() const { return nodes_; }

 private:
  const std::vector<ControlNode> nodes_;
  const Make make_;
  mutable absl::Mutex mutex_;
  ControlNode root_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, SharedChannel> channels_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_CONTROL_CHANNELS_H_
