#include "cli/local_fleet/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"

namespace understudy::cli {
namespace {

// Where standard output and error go: the descriptor when it is not negative, else the file.
struct Output {
  std::string file = {};
  int descriptor = -1;
};

class FileActions {
 public:
  explicit FileActions(const Output& output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output.descriptor >= 0) {
      posix_spawn_file_actions_adddup2(&actions_, output.descriptor, STDOUT_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output.file.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0640);
    }
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// A session of its own, the ordinary scheduling policy, nothing blocked or ignored: whatever we
// have ourselves.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    const sched_param ordinary = {};
    posix_spawnattr_setschedpolicy(&attributes_, SCHED_OTHER);
    posix_spawnattr_setschedparam(&attributes_, &ordinary);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSCHEDULER);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

absl::StatusOr<pid_t> Spawn(std::vector<std::string> words, const Output& output) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, words[0].c_str(), FileActions(output).get(),
                                 Attributes().get(), pointers.data(), environ);
  if (error == 0) return pid;
  return absl::NotFoundError(absl::StrCat("cannot start ", words[0], ": ", std::strerror(error)));
}

// util-linux's setpriv sets the parent-death signal and then becomes the program.
std::vector<std::string> Words(const ProcessSpec& spec) {
  std::vector<std::string> words;
  if (spec.dies_with_parent) words = {"setpriv", "--pdeathsig", "KILL", "--"};
  words.push_back(spec.program);
  words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
  return words;
}

// What is written to the pipe until its writers are gone or `deadline` has come.
std::string ReadAll(int descriptor, SteadyTime deadline) {
  std::string text;
  char buffer[4096];
  while (true) {
    pollfd input = {.fd = descriptor, .events = POLLIN, .revents = 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - SteadyNow());
    if (left <= 0 || poll(&input, 1, static_cast<int>(left)) <= 0) return text;
    const ssize_t count = read(descriptor, buffer, sizeof(buffer));
    if (count <= 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}

// The wait status; a program that outlives the deadline is killed.
int WaitForEnd(pid_t pid, SteadyTime deadline) {
  int status = 0;
  const bool ended = WaitFor(
      deadline - SteadyNow(), [&] { return waitpid(pid, &status, WNOHANG) != 0; },
      absl::Milliseconds(1));
  if (!ended) {
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  return status;
}

}  // namespace

absl::StatusOr<ProcessId> StartProcess(const ProcessSpec& spec) {
  const absl::StatusOr<pid_t> pid = Spawn(Words(spec), {.file = spec.log_file});
  if (!pid.ok()) return pid.status();
  // It is our child and not reaped, so the number is still its own.
  const std::optional<ProcessId> process = FindProcess(*pid);
  if (process.has_value()) return *process;
  return absl::InternalError(absl::StrCat(spec.program, " (pid ", *pid, ") is not in /proc"));
}

absl::StatusOr<std::string> RunProgram(const std::string& program,
                                       const std::vector<std::string>& arguments,
                                       absl::Duration limit) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::InternalError("cannot make a pipe");
  const absl::Cleanup close_reader = [&] { close(ends[0]); };
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const absl::StatusOr<pid_t> pid = Spawn(std::move(words), {.descriptor = ends[1]});
  close(ends[1]);
  if (!pid.ok()) return pid.status();
  const SteadyTime deadline = SteadyNow() + limit;
  std::string output = ReadAll(ends[0], deadline);
  const int status = WaitForEnd(*pid, deadline);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  return absl::InternalError(absl::StrCat(program, " failed: ", output));
}

}  // namespace understudy::cli
