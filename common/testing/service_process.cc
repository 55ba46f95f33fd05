#include "common/testing/service_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"

namespace understudy::testing {

ServiceProcess::ServiceProcess(std::string binary, const std::string& config)
    : binary_(std::move(binary)),
      directory_(::testing::TempDir() + "/service"),
      config_(directory_ + "/service.yaml"),
      ports_(directory_ + "/ports.json") {
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directories(directory_);
  std::ofstream(config_) << "listen: 127.0.0.1:0\ninsecure: true\nlog: {level: warn}\n"
                         << "data_directory: " << directory_ << "/data\n"
                         << "ports_file: " << ports_ << "\n"
                         << config;
}

ServiceProcess::~ServiceProcess() { Kill(); }

void ServiceProcess::Start() {
  std::filesystem::remove(ports_);
  const int changes = inotify_init1(IN_CLOEXEC);
  inotify_add_watch(changes, directory_.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE);
  std::string binary = binary_;
  std::string flag = "--config=" + config_;
  char* const argv[] = {binary.data(), flag.data(), nullptr};
  ASSERT_EQ(posix_spawn(&pid_, binary_.c_str(), nullptr, nullptr, argv, environ), 0);
  handle_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  ASSERT_GE(handle_, 0);
  while (!std::filesystem::exists(ports_)) ASSERT_TRUE(AwaitChange(changes));
  close(changes);
}

bool ServiceProcess::AwaitChange(int changes) const {
  pollfd waited[] = {{changes, POLLIN, 0}, {handle_, POLLIN, 0}};
  if (poll(waited, 2, -1) < 0 || waited[1].revents != 0) return false;
  char events[4096];
  return read(changes, events, sizeof(events)) > 0;
}

void ServiceProcess::AwaitEnd(absl::Duration limit) const {
  pollfd ended{handle_, POLLIN, 0};
  const timespec timeout = absl::ToTimespec(limit);
  ppoll(&ended, 1, &timeout, nullptr);
}

void ServiceProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(handle_);
  pid_ = -1;
}

int ServiceProcess::port(const std::string& face) const {
  std::ifstream file(ports_);
  return nlohmann::json::parse(file).value(face, 0);
}

uint64_t NumberFromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

}  // namespace understudy::testing
