#include "services/station_agent/link/process_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include "services/station_agent/link/station_link_process.h"
#include "services/station_agent/runtime/scheduler/runtime.h"

namespace understudy::station_agent {

struct ProcessWatch::Shared {
  const int pidfd;
  const int stop_fd;
  std::mutex mutex;
  std::function<void()> on_end;  // guarded by mutex; empty once nobody wants to hear

  ~Shared() {
    close(stop_fd);
    close(pidfd);
  }
};

std::unique_ptr<ProcessWatch> ProcessWatch::Start(runtime::Runtime& runtime, uint32_t pid,
                                                  uint64_t start_time,
                                                  std::function<void()> on_end) {
  const int pidfd = station_link_open_process(pid, start_time);
  if (pidfd < 0) return nullptr;
  const int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_fd < 0) {
    close(pidfd);
    return nullptr;
  }
  std::shared_ptr<Shared> shared(new Shared{pidfd, stop_fd, {}, std::move(on_end)});
  runtime.Spawn([shared] { Wait(*shared); }, {.name = "native-process-watch"});
  return std::unique_ptr<ProcessWatch>(new ProcessWatch(std::move(shared)));
}

ProcessWatch::ProcessWatch(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

ProcessWatch::~ProcessWatch() {
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->on_end = nullptr;
  }
  eventfd_write(shared_->stop_fd, 1);
}

bool ProcessWatch::ProcessLives() const { return station_link_process_lives(shared_->pidfd) != 0; }

void ProcessWatch::Wait(Shared& shared) {
  pollfd entries[] = {{shared.pidfd, POLLIN, 0}, {shared.stop_fd, POLLIN, 0}};
  while (poll(entries, 2, -1) < 0) {
    if (errno == ECANCELED) return;
  }
  const std::lock_guard<std::mutex> lock(shared.mutex);
  if (entries[0].revents != 0 && shared.on_end) shared.on_end();
}

}  // namespace understudy::station_agent
