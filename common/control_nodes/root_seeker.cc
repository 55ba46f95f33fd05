#include "common/control_nodes/root_seeker.h"

#include <algorithm>
#include <utility>

namespace understudy {

RootSeeker::RootSeeker(std::vector<ControlNode> nodes, Service service,
                       const rpc::BackoffPolicy& backoff)
    : nodes_(std::move(nodes)),
      service_(service),
      backoff_(backoff),
      current_(nodes_.front()),
      home_(nodes_.front()) {}

bool RootSeeker::OnRoot(uint64_t epoch) {
  if (epoch < epoch_) return false;
  epoch_ = epoch;
  home_ = current_;
  home_index_ = index_;
  Trust();
  return true;
}

absl::Duration RootSeeker::OnNoRoot(Random& random) {
  Advance();
  return EndTurn(random);
}

absl::Duration RootSeeker::OnNotRoot(const RootRedirect& root, Random& random) {
  if (!Believes(root)) return OnNoRoot(random);
  GoTo(root);
  return EndTurn(random);
}

void RootSeeker::GoTo(const RootRedirect& root) {
  followed_ = root.epoch;
  const auto known = std::find_if(nodes_.begin(), nodes_.end(), [&](const ControlNode& node) {
    return node.*service_ == root.addresses.*service_;
  });
  if (known != nodes_.end()) index_ = static_cast<size_t>(known - nodes_.begin());
  current_ = root.addresses;
}

bool RootSeeker::Believes(const RootRedirect& root) const {
  if ((root.addresses.*service_).empty() || root.addresses.*service_ == address()) return false;
  if (root.epoch < epoch_ || (followed_.has_value() && root.epoch <= *followed_)) return false;
  return !IsDoubted(root.addresses) || root.epoch > epoch_;
}

void RootSeeker::Doubt(const std::optional<RootRedirect>& named) {
  if (doubts_home_) return;
  GoHome();
  doubts_home_ = true;
  if (named.has_value() && Believes(*named)) {
    GoTo(*named);
  } else if (nodes_.size() > 1) {
    Advance();
  }
}

void RootSeeker::Trust() {
  GoHome();
  doubts_home_ = false;
}

void RootSeeker::GoHome() {
  current_ = home_;
  index_ = home_index_;
  asked_ = 0;
  followed_.reset();
  backoff_.Reset();
}

void RootSeeker::Advance() {
  // At most one node is doubted, so of several the next or the one after it is not.
  for (int step = 0; step < 2; ++step) {
    index_ = (index_ + 1) % nodes_.size();
    current_ = nodes_[index_];
    if (!IsDoubted(current_)) return;
  }
}

bool RootSeeker::IsDoubted(const ControlNode& node) const {
  return doubts_home_ && home_.*service_ == node.*service_;
}

absl::Duration RootSeeker::EndTurn(Random& random) {
  const size_t others = nodes_.size() - (doubts() && nodes_.size() > 1 ? 1 : 0);
  if (++asked_ < others) return absl::ZeroDuration();
  asked_ = 0;
  followed_.reset();
  return backoff_.Next(random);
}

}  // namespace understudy
