#define _GNU_SOURCE
#include "services/station_agent/link/station_link_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kStateField = 3, kStartTimeField = 22 };

static ssize_t read_stat(uint32_t pid, char* buffer, size_t size) {
  char path[40];
  snprintf(path, sizeof path, "/proc/%u/stat", pid);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  const ssize_t length = read(fd, buffer, size - 1);
  close(fd);
  if (length > 0) buffer[length] = '\0';
  return length;
}

uint64_t station_link_start_time(uint32_t pid) {
  char buffer[1024];
  if (pid == 0 || read_stat(pid, buffer, sizeof buffer) <= 0) return 0;
  // The program's name, field 2, is in parentheses and may hold anything, also parentheses.
  const char* at = strrchr(buffer, ')');
  if (at == NULL || at[1] != ' ') return 0;
  at += 2;
  if (*at == 'Z' || *at == 'X') return 0;
  for (int field = kStateField; field < kStartTimeField; ++field) {
    at = strchr(at, ' ');
    if (at == NULL) return 0;
    ++at;
  }
  return strtoull(at, NULL, 10);
}

int station_link_open_process(uint32_t pid, uint64_t start_time) {
  if (pid == 0 || start_time == 0) return -ESRCH;
  const int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (pidfd < 0) return -errno;
  // Looked at after the descriptor is open: from now on the pid cannot change hands unnoticed.
  if (station_link_start_time(pid) != start_time) {
    close(pidfd);
    return -ESRCH;
  }
  return pidfd;
}

int station_link_process_lives(int pidfd) {
  struct pollfd entry = {.fd = pidfd, .events = POLLIN};
  return poll(&entry, 1, 0) == 0 || (entry.revents & POLLIN) == 0;
}
