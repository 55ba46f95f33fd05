#define _GNU_SOURCE
#include "services/station_agent/sample_native/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int control_open(const char* path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  unlink(path);
  if (bind(fd, (struct sockaddr*)&address, sizeof address) == 0) return fd;
  const int error = -errno;
  close(fd);
  return error;
}

int control_next(int fd, char* line, size_t size) {
  if (fd < 0) return 0;
  const ssize_t length = recv(fd, line, size - 1, 0);
  if (length < 0) return 0;
  line[length] = '\0';
  line[strcspn(line, "\r\n")] = '\0';
  return 1;
}
