#ifndef UNDERSTUDY_COMMON_SIM_SIM_NODE_H_
#define UNDERSTUDY_COMMON_SIM_SIM_NODE_H_

#include <any>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/random/random.h"
#include "common/sim/sim_clock.h"
#include "common/sim/sim_disk.h"
#include "common/sim/sim_executor.h"
#include "common/sim/sim_loop.h"
#include "common/sim/sim_trace.h"

namespace understudy {

// What travels between nodes. `kind` names it in the trace; `body` is anything that can be copied.
struct SimMessage {
  std::string kind;
  std::any body;
};

struct SimNodeOptions {
  // How wrong the node's clock goes, in parts per million of time.
  int64_t drift_ppm = 0;
  // How far its calendar is off.
  absl::Duration wall_offset = absl::ZeroDuration();
};

// A machine of the simulated world with the program on it. It begins down. Not thread-safe.
class SimNode {
 public:
  // Builds what runs on the node, from what is on its disk, and returns what keeps it alive. Called
  // at each Start; what it returned before has been destroyed.
  using Program = std::function<std::shared_ptr<void>(SimNode&)>;
  // `from` is the sender's id.
  using Handler = std::function<void(const std::string& from, const SimMessage& message)>;

  // Made by SimWorld. References must outlive the node.
  SimNode(std::string id, SimLoop& loop, SimTrace& trace, Random random, SimNodeOptions options);

  SimNode(const SimNode&) = delete;
  SimNode& operator=(const SimNode&) = delete;

  // For the program: its clock, its executor, its chance, its disk.
  const std::string& id() const { return id_; }
  const Clock& clock() const { return clock_; }
  Executor& executor() { return executor_; }
  Random& random() { return random_; }
  SimDisk& disk() { return disk_; }
  // Messages to `port` come to `handler`, as tasks of the executor; a crash ends it. Replaces an
  // earlier handler.
  void Listen(const std::string& port, Handler handler) { handlers_[port] = std::move(handler); }

  // For the test: what the world does to the node. Each call may come from the node's own tasks
  // too; the program is then destroyed when the task has ended.
  void SetProgram(Program program) { program_ = std::move(program); }
  // Nothing happens when it is up.
  void Start();
  // Power goes: tasks, timers and handlers are gone, and what was not synced. Nothing happens when
  // it is down.
  void Crash(SimDisk::Loss loss = SimDisk::Loss::kForgetAll);
  // As SIGSTOP and SIGCONT: time goes on, and what it missed comes at once afterwards.
  void Pause();
  void Resume();

  bool is_up() const { return is_up_; }
  bool is_paused() const { return is_paused_; }
  // Grows by 1 at each Start.
  uint64_t incarnation() const { return incarnation_; }

  // For streams: called once, at the next crash.
  void AtCrash(std::function<void()> hook) { crash_hooks_.push_back(std::move(hook)); }
  // Whether it is up and reads what comes.
  bool CanReceive() const { return is_up_ && executor_.held() < kMaxHeldTasks; }
  // For the network. False when nobody listens, or a paused node has kMaxHeldTasks waiting (its
  // receive buffer is full).
  static constexpr size_t kMaxHeldTasks = 4096;
  bool Receive(const std::string& from, const std::string& port, const SimMessage& message);

 private:
  void StartNow();
  void Trace(std::string_view what) { trace_.Add(id_ + " " + std::string(what)); }
  void AfterTask();

  const std::string id_;
  SimTrace& trace_;
  Random random_;
  // Apart from the program's chance: what a crash leaves must not depend on how often it asked.
  Random crash_random_;
  SimClock clock_;
  SimExecutor executor_;
  SimDisk disk_;
  std::map<std::string, Handler> handlers_;
  std::vector<std::function<void()>> crash_hooks_;
  Program program_;
  std::shared_ptr<void> running_;
  // Of a crash within a task; destroyed after it.
  std::shared_ptr<void> crashed_;
  bool start_after_task_ = false;
  bool is_up_ = false;
  bool is_paused_ = false;
  uint64_t incarnation_ = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_SIM_SIM_NODE_H_
