#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_PROCESS_WATCH_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_PROCESS_WATCH_H_

#include <cstdint>
#include <functional>
#include <memory>

namespace understudy::station_agent {
namespace runtime {
class Runtime;
}  // namespace runtime

// Waits for one process to end, in a coroutine.
class ProcessWatch {
 public:
  // Calls `on_end` once, on a thread of `runtime`, when the process `pid` that began at
  // `start_time` ends; it must not wait. Null when the process has ended already. After the runtime
  // has stopped nothing is heard any more.
  static std::unique_ptr<ProcessWatch> Start(runtime::Runtime& runtime, uint32_t pid,
                                             uint64_t start_time, std::function<void()> on_end);
  // No call of `on_end` is under way afterwards. Not from `on_end`.
  ~ProcessWatch();

  bool ProcessLives() const;

 private:
  struct Shared;
  explicit ProcessWatch(std::shared_ptr<Shared> shared);
  static void Wait(Shared& shared);

  // With the coroutine, which may end a little later.
  const std::shared_ptr<Shared> shared_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_PROCESS_WATCH_H_
