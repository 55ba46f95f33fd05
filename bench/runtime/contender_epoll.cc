// Echo on bare epoll, level-triggered: two system calls a request and one wait for all that is
// there.

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/runtime/contenders.h"

namespace understudy::bench {
namespace {

void Echo(int listener) {
  const int epoll = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener;
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  char buffer[4096];
  while (true) {
    epoll_event events[256];
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[i].data.fd;
      if (descriptor == listener) {
        event.data.fd = accept(listener, nullptr, nullptr);
        epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
        continue;
      }
      const ssize_t size = recv(descriptor, buffer, sizeof(buffer), 0);
      if (size <= 0 || send(descriptor, buffer, static_cast<size_t>(size), MSG_NOSIGNAL) != size) {
        close(descriptor);
      }
    }
  }
}

}  // namespace

Contender BareEpoll() { return {"bare epoll", {}, {}, {}, {}, {}, Echo}; }

}  // namespace understudy::bench
