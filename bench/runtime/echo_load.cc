#include "bench/runtime/echo_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bench/runtime/contenders.h"

namespace understudy::bench {
namespace {

void PinTo(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

void Check(bool fine, const char* what) {
  if (fine) return;
  std::perror(what);
  std::exit(1);
}

// Of a process that runs.
double ProcessCpuNanoseconds(pid_t process) {
  clockid_t clock{};
  timespec used{};
  Check(clock_getcpuclockid(process, &clock) == 0, "clock");
  clock_gettime(clock, &used);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

std::vector<int> Connect(const sockaddr_in& address, int count) {
  std::vector<int> all;
  const int one = 1;
  for (int i = 0; i < count; ++i) {
    all.push_back(socket(AF_INET, SOCK_STREAM, 0));
    Check(connect(all.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0,
          "connect");
    setsockopt(all.back(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  }
  return all;
}

void Exchange(const std::vector<int>& connections, int requests) {
  const int epoll = epoll_create1(0);
  const std::string request(kEchoSize, 'e');
  for (const int connection : connections) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = connection;
    epoll_ctl(epoll, EPOLL_CTL_ADD, connection, &event);
    Check(send(connection, request.data(), request.size(), 0) == kEchoSize, "send");
  }
  int left = requests;
  char buffer[256];
  while (left > 0) {
    epoll_event events[256];
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      Check(recv(events[i].data.fd, buffer, sizeof(buffer), 0) == kEchoSize, "recv");
      --left;
      Check(send(events[i].data.fd, request.data(), request.size(), 0) == kEchoSize, "send");
    }
  }
  close(epoll);
}

}  // namespace

double MeasureEcho(const std::function<void(int listener)>& serve, int connections, int requests) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  Check(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
  Check(listen(listener, 4096) == 0, "listen");
  Check(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0, "port");
  const pid_t server = fork();
  if (server == 0) {
    PinTo(0);
    serve(listener);
    _exit(0);
  }
  const pid_t client = fork();
  if (client == 0) {
    PinTo(1);
    const auto all = Connect(address, connections);
    Exchange(all, requests / 10);  // warm; what is still under way answers the next first requests
    for (const int connection : all) close(connection);
    const auto fresh = Connect(address, connections);
    const double before = ProcessCpuNanoseconds(server);
    Exchange(fresh, requests);
    const double used = ProcessCpuNanoseconds(server) - before;
    std::ofstream("/tmp/understudy-echo-" + std::to_string(getppid())) << used;
    _exit(0);
  }
  waitpid(client, nullptr, 0);
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
  close(listener);
  const std::string result = "/tmp/understudy-echo-" + std::to_string(getpid());
  double used = 0;
  std::ifstream(result) >> used;
  unlink(result.c_str());
  return used / requests;
}

}  // namespace understudy::bench
