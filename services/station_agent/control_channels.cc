#include "services/station_agent/control_channels.h"

#include <grpcpp/create_channel.h>

#include <utility>

namespace understudy::station_agent {
namespace {

// Three services of this many nodes that were not configured.
constexpr size_t kMaxStrangers = 3 * 8;

}  // namespace

ControlChannels::ControlChannels(std::vector<ControlNode> nodes, Make make)
    : nodes_(std::move(nodes)), make_(std::move(make)), root_(nodes_.front()) {}

void ControlChannels::Use(const ControlNode& root) {
  absl::MutexLock lock(&mutex_);
  root_ = root;
}

ControlNode ControlChannels::root() const {
  absl::MutexLock lock(&mutex_);
  return root_;
}

std::vector<ControlNode> ControlChannels::RootFirst() const {
  std::vector<ControlNode> ordered = {root()};
  for (const ControlNode& node : nodes_) {
    if (node.membership != ordered.front().membership) ordered.push_back(node);
  }
  return ordered;
}

ControlChannels::SharedChannel ControlChannels::To(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  const auto found = channels_.find(address);
  if (found != channels_.end()) return found->second;
  // Who holds a channel keeps it; all are made anew when they are asked for.
  if (channels_.size() >= 3 * nodes_.size() + kMaxStrangers) channels_.clear();
  absl::StatusOr<SharedChannel> made = make_(address);
  // Without credentials gRPC makes a channel whose calls fail.
  if (!made.ok()) return grpc::CreateChannel(address, nullptr);
  return channels_[address] = *std::move(made);
}

}  // namespace understudy::station_agent
