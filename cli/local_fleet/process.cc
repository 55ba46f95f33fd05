#include "cli/local_fleet/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"

namespace understudy::cli {
namespace {

struct Stat {
  char state = 'X';
  uint64_t start_ticks = 0;
};

// The second field is the name in parentheses and may hold anything, so reading starts behind it.
std::optional<Stat> ReadStat(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::stringstream text;
  text << file.rdbuf();
  const std::string line = text.str();
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  Stat stat;
  fields >> stat.state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> stat.start_ticks;
  if (!fields) return std::nullopt;
  return stat;
}

// How reaped children ended: one entry for each process that we ever started and saw dead.
class Ends {
 public:
  void Record(pid_t pid, int status) {
    const std::lock_guard lock(mutex_);
    ends_[pid] = WIFSIGNALED(status) ? absl::StrCat("signal ", WTERMSIG(status))
                                     : absl::StrCat("exit code ", WEXITSTATUS(status));
  }
  std::optional<std::string> Find(pid_t pid) {
    const std::lock_guard lock(mutex_);
    const auto found = ends_.find(pid);
    if (found == ends_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::mutex mutex_;
  std::map<pid_t, std::string> ends_;
};

Ends& ProcessEnds() {
  static Ends* const ends = new Ends;
  return *ends;
}

void ReapIfDead(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, WNOHANG) == pid) ProcessEnds().Record(pid, status);
}

// Names one process for as long as it is open, whatever happens to its number.
class Handle {
 public:
  explicit Handle(const ProcessId& process)
      : descriptor_(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0))) {
    // Checked once the handle is open: from here on it is this process or none.
    if (descriptor_ >= 0 && !IsRunning(process)) Close();
  }
  ~Handle() { Close(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  bool Send(int signal) const {
    return descriptor_ >= 0 && syscall(SYS_pidfd_send_signal, descriptor_, signal, nullptr, 0) == 0;
  }
  // False when the process still runs after `timeout`.
  bool WaitForEnd(absl::Duration timeout) const {
    if (descriptor_ < 0) return true;
    pollfd end = {.fd = descriptor_, .events = POLLIN, .revents = 0};
    const int64_t milliseconds = std::max<int64_t>(0, absl::ToInt64Milliseconds(timeout));
    return poll(&end, 1, static_cast<int>(milliseconds)) > 0;
  }

 private:
  void Close() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

  int descriptor_;
};

}  // namespace

std::optional<ProcessId> FindProcess(pid_t pid) {
  const std::optional<Stat> stat = ReadStat(pid);
  if (!stat.has_value()) return std::nullopt;
  return ProcessId{.pid = pid, .start_ticks = stat->start_ticks};
}

bool IsRunning(const ProcessId& process) {
  ReapIfDead(process.pid);
  const std::optional<Stat> stat = ReadStat(process.pid);
  return stat.has_value() && stat->start_ticks == process.start_ticks && stat->state != 'Z' &&
         stat->state != 'X';
}

std::optional<std::string> HowItEnded(const ProcessId& process) {
  return ProcessEnds().Find(process.pid);
}

absl::Status SendSignal(const ProcessId& process, int signal) {
  if (Handle(process).Send(signal)) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("process ", process.pid, " is gone"));
}

bool WaitUntilGone(const ProcessId& process, absl::Duration timeout) {
  const bool gone = Handle(process).WaitForEnd(timeout);
  return gone && !IsRunning(process);
}

int StopProcesses(const std::vector<ProcessId>& processes, absl::Duration grace) {
  for (const ProcessId& process : processes) {
    SendSignal(process, SIGTERM).IgnoreError();
    SendSignal(process, SIGCONT).IgnoreError();
  }
  const SteadyTime deadline = SteadyNow() + grace;
  int killed = 0;
  for (const ProcessId& process : processes) {
    if (WaitUntilGone(process, deadline - SteadyNow())) continue;
    SendSignal(process, SIGKILL).IgnoreError();
    WaitUntilGone(process, absl::Seconds(2));
    ++killed;
  }
  return killed;
}

}  // namespace understudy::cli
