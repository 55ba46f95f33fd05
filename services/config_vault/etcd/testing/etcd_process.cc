#include "services/config_vault/etcd/testing/etcd_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/testing/eventually.h"

namespace understudy::config_vault::etcd {
namespace {

[[noreturn]] void Die(const std::string& why) {
  log::Logger("etcd-process").Error("{}", why);
  std::abort();
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// A port that was free a moment ago.
std::string FreeAddress() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("no port is free");
  }
  close(fd);
  return absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
}

bool Accepts(const std::string& endpoint) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(std::atoi(endpoint.substr(endpoint.find(':') + 1).c_str()));
  const bool accepted =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return accepted;
}

[[noreturn]] void Exec(const std::vector<std::string>& arguments, const std::string& log) {
  // It must not outlive the test.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv("/usr/bin/etcd", argv.data());
  _exit(127);
}

std::string MakeDirectory(const std::string& parent) {
  std::string path = parent + "/etcd-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) Die("no directory can be made in " + parent);
  return path;
}

}  // namespace

EtcdProcess::EtcdProcess(const std::string& parent)
    : directory_(MakeDirectory(parent)), endpoint_(FreeAddress()), peer_(FreeAddress()) {
  Start();
}

EtcdProcess::~EtcdProcess() { Kill(); }

void EtcdProcess::Start() {
  const std::string client = "http://" + endpoint_;
  const std::string peer = "http://" + peer_;
  const std::vector<std::string> arguments = {"etcd",
                                              "--name=test",
                                              "--data-dir=" + directory_ + "/data",
                                              "--listen-client-urls=" + client,
                                              "--advertise-client-urls=" + client,
                                              "--listen-peer-urls=" + peer,
                                              "--initial-advertise-peer-urls=" + peer,
                                              "--initial-cluster=test=" + peer,
                                              "--heartbeat-interval=20",
                                              "--election-timeout=100",
                                              "--logger=zap",
                                              "--log-level=error"};
  const std::string log = directory_ + "/log";
  pid_ = fork();
  if (pid_ == 0) Exec(arguments, log);
  if (pid_ < 0) Die("etcd cannot be started");
  if (!testing::Eventually([&] { return Accepts(endpoint_); })) {
    Die("etcd does not listen; see " + log);
  }
}

void EtcdProcess::Kill() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

}  // namespace understudy::config_vault::etcd
