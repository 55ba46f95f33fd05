#include "services/station_agent/link/process_watch.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "services/station_agent/link/station_link_process.h"

namespace understudy::station_agent {

std::unique_ptr<ProcessWatch> ProcessWatch::Start(uint32_t pid, uint64_t start_time,
                                                  std::function<void()> on_end) {
  const int pidfd = station_link_open_process(pid, start_time);
  if (pidfd < 0) return nullptr;
  const int stop_fd = eventfd(0, EFD_CLOEXEC);
  if (stop_fd < 0) {
    close(pidfd);
    return nullptr;
  }
  return std::unique_ptr<ProcessWatch>(new ProcessWatch(pidfd, stop_fd, std::move(on_end)));
}

ProcessWatch::ProcessWatch(int pidfd, int stop_fd, std::function<void()> on_end)
    : pidfd_(pidfd),
      stop_fd_(stop_fd),
      thread_([this, on_end = std::move(on_end)] { Wait(on_end); }) {
  pthread_setname_np(thread_.native_handle(), "native-watch");
}

ProcessWatch::~ProcessWatch() {
  eventfd_write(stop_fd_, 1);
  thread_.join();
  close(stop_fd_);
  close(pidfd_);
}

bool ProcessWatch::ProcessLives() const { return station_link_process_lives(pidfd_) != 0; }

void ProcessWatch::Wait(const std::function<void()>& on_end) const {
  pollfd entries[] = {{pidfd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
  while (poll(entries, 2, -1) < 0) {
  }
  if (entries[1].revents == 0) on_end();
}

}  // namespace understudy::station_agent
