#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_PROCESS_WATCH_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_PROCESS_WATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

namespace understudy::station_agent {

// Waits for one process to end, on a thread that costs nothing meanwhile.
class ProcessWatch {
 public:
  // Calls `on_end` once, from the watch's thread, when the process `pid` that began at `start_time`
  // ends. Null when it has ended already.
  static std::unique_ptr<ProcessWatch> Start(uint32_t pid, uint64_t start_time,
                                             std::function<void()> on_end);
  // No call of `on_end` is under way afterwards.
  ~ProcessWatch();

  bool ProcessLives() const;

 private:
  ProcessWatch(int pidfd, int stop_fd, std::function<void()> on_end);
  void Wait(const std::function<void()>& on_end) const;

  const int pidfd_;
  const int stop_fd_;
  std::thread thread_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_PROCESS_WATCH_H_
