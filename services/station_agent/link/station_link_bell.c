#define _GNU_SOURCE
#include "services/station_agent/link/station_link_bell.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "services/station_agent/link/station_link_layout.h"

static const int64_t kSecond = INT64_C(1000000000);

uint32_t station_link_bell_now(const uint32_t* bell) {
  return __atomic_load_n(bell, __ATOMIC_ACQUIRE);
}

void station_link_ring(uint32_t* bell) {
  __atomic_fetch_add(bell, 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, bell, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

int station_link_await_bell(const uint32_t* bell, uint32_t seen, int64_t timeout_ns) {
  if (timeout_ns < 0) timeout_ns = 0;
  const struct timespec timeout = {.tv_sec = timeout_ns / kSecond, .tv_nsec = timeout_ns % kSecond};
  if (syscall(SYS_futex, bell, FUTEX_WAIT, seen, &timeout, NULL, 0) == 0) return 0;
  if (errno == ETIMEDOUT) return -ETIMEDOUT;
  if (errno == EINTR) return -EINTR;
  return 0;  // EAGAIN: rung meanwhile
}

void station_link_ring_fifo(int fd) {
  const char ring = 1;
  const ssize_t written = write(fd, &ring, sizeof ring);
  (void)written;
}

void station_link_hush_fifo(int fd) {
  char rings[STATION_LINK_PAGE];
  const ssize_t got = read(fd, rings, sizeof rings);
  (void)got;
}

int64_t station_link_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}
