#define _GNU_SOURCE
#include "services/station_agent/link/station_link_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "services/station_agent/link/station_link_layout.h"

enum { kPathSize = 512 };

// Where shm_open(3) of Linux has the name.
static int path_of(const char* name, const char* suffix, char* path) {
  const int length = snprintf(path, kPathSize, "/dev/shm/%s%s", name + strspn(name, "/"), suffix);
  return length < kPathSize ? 0 : -ENAMETOOLONG;
}

static int look_at(const char* name, const char* suffix, struct stat* info) {
  char path[kPathSize];
  const int result = path_of(name, suffix, path);
  if (result != 0) return result;
  return lstat(path, info) == 0 ? 0 : -errno;
}

static int is_file(const struct stat* info, const station_link_file* file) {
  return info->st_dev == file->device && info->st_ino == file->inode;
}

station_link_file station_link_file_of(const struct stat* info) {
  const station_link_file file = {.device = info->st_dev, .inode = info->st_ino};
  return file;
}

int station_link_leads_to_segment(const char* name, const station_link_file* segment,
                                  struct stat* info) {
  return look_at(name, "", info) == 0 && is_file(info, segment);
}

int station_link_leads_to_bell(const char* name, const station_link_file* bell) {
  struct stat info;
  return look_at(name, STATION_LINK_BELL_SUFFIX, &info) == 0 && is_file(&info, bell);
}

int station_link_share(int fd, gid_t group) {
  if (group == (gid_t)-1) return fchmod(fd, 0600) == 0 ? 0 : -errno;
  if (fchown(fd, (uid_t)-1, group) != 0) return -errno;
  return fchmod(fd, 0660) == 0 ? 0 : -errno;
}

int station_link_remove_bell(const char* name) {
  char path[kPathSize];
  struct stat info;
  int result = path_of(name, STATION_LINK_BELL_SUFFIX, path);
  if (result == 0) result = look_at(name, STATION_LINK_BELL_SUFFIX, &info);
  if (result != 0) return result == -ENOENT ? 0 : result;
  if (info.st_uid != geteuid()) return -EPERM;
  return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

static int create_bell(const char* name, station_link_file* bell) {
  char path[kPathSize];
  struct stat info;
  int result = path_of(name, STATION_LINK_BELL_SUFFIX, path);
  if (result != 0) return result;
  if (mkfifo(path, 0600) != 0) return -errno;
  result = look_at(name, STATION_LINK_BELL_SUFFIX, &info);
  *bell = station_link_file_of(&info);
  return result;
}

int station_link_make_bell(const char* name, station_link_file* bell) {
  int result = station_link_remove_bell(name);
  if (result == 0) result = create_bell(name, bell);
  if (result != 0) return result;
  const int fd = station_link_open_bell(name, bell, geteuid());
  // One page holds more bytes than anybody needs, and one read empties it. If not: it is larger.
  if (fd >= 0) (void)fcntl(fd, F_SETPIPE_SZ, STATION_LINK_PAGE);
  return fd;
}

int station_link_open_bell(const char* name, const station_link_file* bell, uid_t owner) {
  char path[kPathSize];
  struct stat info;
  const int result = path_of(name, STATION_LINK_BELL_SUFFIX, path);
  if (result != 0) return result;
  // Before it is opened, which may do something to files of other kinds.
  if (!station_link_leads_to_bell(name, bell)) return -ENOENT;
  // For both directions: so it has a reader and a writer for ever, and nobody gets SIGPIPE.
  const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -errno;
  if (fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode) && is_file(&info, bell) &&
      info.st_uid == owner) {
    return fd;
  }
  close(fd);
  return -ENOENT;
}
