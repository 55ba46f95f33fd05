#include "common/sim/sim_node.h"

#include <utility>

namespace understudy {

SimNode::SimNode(std::string id, SimLoop& loop, SimTrace& trace, Random random,
                 SimNodeOptions options)
    : id_(std::move(id)),
      trace_(trace),
      random_(random),
      crash_random_(random_.Next()),
      clock_(loop, options.drift_ppm, options.wall_offset),
      executor_(loop, clock_) {
  executor_.SetAfterTask([this] { AfterTask(); });
}

void SimNode::Start() {
  if (is_up_) return;
  if (executor_.is_running_task()) {
    start_after_task_ = true;
    return;
  }
  StartNow();
}

void SimNode::StartNow() {
  is_up_ = true;
  ++incarnation_;
  Trace("starts");
  disk_.PowerUp();
  executor_.Start();
  if (program_ == nullptr) return;
  std::shared_ptr<void> program = program_(*this);
  if (is_up_) running_ = std::move(program);  // It may have crashed its own node.
}

void SimNode::Crash(SimDisk::Loss loss) {
  start_after_task_ = false;
  if (!is_up_) return;
  is_up_ = false;
  is_paused_ = false;
  Trace("crashes");
  disk_.Crash(loss, crash_random_);
  handlers_.clear();
  executor_.Stop();
  for (const auto& hook : std::exchange(crash_hooks_, {})) hook();
  auto program = std::exchange(running_, nullptr);
  if (executor_.is_running_task()) crashed_ = std::move(program);
}

void SimNode::Pause() {
  if (!is_up_ || is_paused_) return;
  is_paused_ = true;
  Trace("pauses");
  executor_.Pause();
}

void SimNode::Resume() {
  if (!is_paused_) return;
  is_paused_ = false;
  Trace("resumes");
  executor_.Resume();
}

bool SimNode::Receive(const std::string& from, const std::string& port, const SimMessage& message) {
  if (!CanReceive() || !handlers_.contains(port)) return false;
  executor_.Post([this, from, port, message] {
    const auto found = handlers_.find(port);
    if (found == handlers_.end()) return;
    // A copy: the handler may replace itself.
    const Handler handler = found->second;
    handler(from, message);
  });
  return true;
}

void SimNode::AfterTask() {
  crashed_ = nullptr;
  if (std::exchange(start_after_task_, false)) Start();
}

}  // namespace understudy
