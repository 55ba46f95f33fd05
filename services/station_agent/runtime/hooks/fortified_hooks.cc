// What a compiler calls instead with _FORTIFY_SOURCE: the same, after a check of the buffer's size.
// A call that would overflow goes on to the C library, which ends the process with a message.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services/station_agent/runtime/hooks/hook_support.h"

extern "C" {

ssize_t __read_chk(int descriptor, void* buffer, size_t size, size_t buffer_size);
ssize_t __recv_chk(int descriptor, void* buffer, size_t size, size_t buffer_size, int flags);
ssize_t __recvfrom_chk(int descriptor, void* buffer, size_t size, size_t buffer_size, int flags,
                       sockaddr* address, socklen_t* address_size);
int __poll_chk(pollfd* polls, nfds_t count, int timeout, size_t polls_size);
int __ppoll_chk(pollfd* polls, nfds_t count, const timespec* timeout, const sigset_t* signals,
                size_t polls_size);

ssize_t __read_chk(int descriptor, void* buffer, size_t size, size_t buffer_size) {
  if (size > buffer_size) {
    return UNDERSTUDY_LIBC(__read_chk)(descriptor, buffer, size, buffer_size);
  }
  return read(descriptor, buffer, size);
}

ssize_t __recv_chk(int descriptor, void* buffer, size_t size, size_t buffer_size, int flags) {
  if (size > buffer_size) {
    return UNDERSTUDY_LIBC(__recv_chk)(descriptor, buffer, size, buffer_size, flags);
  }
  return recv(descriptor, buffer, size, flags);
}

ssize_t __recvfrom_chk(int descriptor, void* buffer, size_t size, size_t buffer_size, int flags,
                       sockaddr* address, socklen_t* address_size) {
  if (size > buffer_size) {
    return UNDERSTUDY_LIBC(__recvfrom_chk)(descriptor, buffer, size, buffer_size, flags, address,
                                           address_size);
  }
  return recvfrom(descriptor, buffer, size, flags, address, address_size);
}

int __poll_chk(pollfd* polls, nfds_t count, int timeout, size_t polls_size) {
  if (polls_size / sizeof(pollfd) < count) {
    return UNDERSTUDY_LIBC(__poll_chk)(polls, count, timeout, polls_size);
  }
  return poll(polls, count, timeout);
}

int __ppoll_chk(pollfd* polls, nfds_t count, const timespec* timeout, const sigset_t* signals,
                size_t polls_size) {
  if (polls_size / sizeof(pollfd) < count) {
    return UNDERSTUDY_LIBC(__ppoll_chk)(polls, count, timeout, signals, polls_size);
  }
  return ppoll(polls, count, timeout, signals);
}

}  // extern "C"
