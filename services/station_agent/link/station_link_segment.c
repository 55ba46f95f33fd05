#define _GNU_SOURCE
#include "services/station_agent/link/station_link_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/station_agent/link/station_link_process.h"

enum { kMakeAttempts = 8 };

static int lock_byte(int fd, off_t byte) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return 0;
  return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

static station_link_box box_at(station_link_segment* segment, station_link_mailbox* control,
                               uint64_t offset, size_t capacity) {
  station_link_box box = {.control = control,
                          .data = (uint8_t*)segment->header + offset,
                          .capacity = capacity,
                          .fd = segment->fd,
                          .file_offset = offset};
  return box;
}

static int map(station_link_segment* segment) {
  void* memory =
      mmap(NULL, STATION_LINK_TOTAL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, segment->fd, 0);
  if (memory == MAP_FAILED) return -errno;
  station_link_header* header = memory;
  segment->header = header;
  segment->orders =
      box_at(segment, &header->orders, STATION_LINK_ORDERS_OFFSET, STATION_LINK_MAX_DOCUMENT);
  segment->configuration = box_at(segment, &header->configuration,
                                  STATION_LINK_CONFIGURATION_OFFSET, STATION_LINK_MAX_DOCUMENT);
  segment->answer =
      box_at(segment, &header->answer, STATION_LINK_ANSWER_OFFSET, STATION_LINK_SMALL_CAPACITY);
  segment->indicators = box_at(segment, &header->indicators, STATION_LINK_INDICATORS_OFFSET,
                               STATION_LINK_SMALL_CAPACITY);
  segment->children = box_at(segment, &header->children, STATION_LINK_CHILDREN_OFFSET,
                             STATION_LINK_CHILDREN_CAPACITY);
  return 0;
}

static int is_sound(const station_link_header* header) {
  return __atomic_load_n(&header->magic, __ATOMIC_ACQUIRE) == STATION_LINK_MAGIC &&
         header->version == STATION_LINK_VERSION &&
         header->header_size == sizeof(station_link_header) &&
         header->total_size == STATION_LINK_TOTAL_SIZE;
}

static int identify(station_link_segment* segment, struct stat* info) {
  if (fstat(segment->fd, info) != 0) return -errno;
  segment->device = info->st_dev;
  segment->inode = info->st_ino;
  return 0;
}

// A fresh file: everything but the documents' slots gets its memory now.
static int lay_out(station_link_segment* segment) {
  if (ftruncate(segment->fd, STATION_LINK_TOTAL_SIZE) != 0) return -errno;
  if (fallocate(segment->fd, 0, 0, STATION_LINK_CHILDREN_OFFSET) != 0) return -ENOSPC;
  const int mapped = map(segment);
  if (mapped != 0) return mapped;
  segment->header->version = STATION_LINK_VERSION;
  segment->header->header_size = sizeof(station_link_header);
  segment->header->total_size = STATION_LINK_TOTAL_SIZE;
  __atomic_store_n(&segment->header->magic, STATION_LINK_MAGIC, __ATOMIC_RELEASE);
  return 0;
}

static int share_with(int fd, gid_t group) {
  if (group == (gid_t)-1) return fchmod(fd, 0600) == 0 ? 0 : -errno;
  if (fchown(fd, (uid_t)-1, group) != 0) return -errno;
  return fchmod(fd, 0660) == 0 ? 0 : -errno;
}

// -ESTALE: what was there is of no use and has been unlinked; try again.
static int use_or_replace(const char* name, station_link_segment* segment, int* adopted) {
  struct stat info;
  int result = lock_byte(segment->fd, STATION_LINK_AGENT_LOCK_BYTE);
  if (result == 0) result = identify(segment, &info);
  if (result != 0) return result;
  if (info.st_uid != geteuid()) return -EPERM;
  *adopted = 0;
  if (info.st_size == 0) return lay_out(segment);
  if (info.st_size == (off_t)STATION_LINK_TOTAL_SIZE) {
    result = map(segment);
    if (result != 0) return result;
    *adopted = 1;
    if (is_sound(segment->header)) return 0;
  }
  return shm_unlink(name) == 0 || errno == ENOENT ? -ESTALE : -errno;
}

int station_link_make(const char* name, gid_t group, station_link_segment* segment, int* adopted) {
  for (int attempt = 0; attempt < kMakeAttempts; ++attempt) {
    memset(segment, 0, sizeof *segment);
    segment->fd = shm_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (segment->fd < 0) return errno == EACCES ? -EPERM : -errno;
    int result = use_or_replace(name, segment, adopted);
    if (result == 0) result = share_with(segment->fd, group);
    // Another agent may have replaced it between our opening and our locking it.
    if (result == 0 && station_link_is_current(name, segment)) return 0;
    station_link_unmap(segment);
    if (result != 0 && result != -ESTALE) return result;
  }
  return -EBUSY;
}

static int check_and_lock(station_link_segment* segment) {
  struct stat info;
  int result = identify(segment, &info);
  if (result != 0) return result;
  // Still being made: as good as absent.
  if (info.st_size == 0) return -ENOENT;
  if (info.st_size != (off_t)STATION_LINK_TOTAL_SIZE) return -EPROTO;
  result = map(segment);
  if (result != 0) return result;
  if (__atomic_load_n(&segment->header->magic, __ATOMIC_ACQUIRE) == 0) return -ENOENT;
  if (!is_sound(segment->header)) return -EPROTO;
  return lock_byte(segment->fd, STATION_LINK_NATIVE_LOCK_BYTE);
}

int station_link_find(const char* name, station_link_segment* segment) {
  memset(segment, 0, sizeof *segment);
  segment->fd = shm_open(name, O_RDWR | O_CLOEXEC, 0);
  if (segment->fd < 0) return -errno;
  const int result = check_and_lock(segment);
  if (result != 0) station_link_unmap(segment);
  return result;
}

int station_link_is_current(const char* name, const station_link_segment* segment) {
  const int fd = shm_open(name, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  struct stat info;
  const int same = fstat(fd, &info) == 0 && info.st_dev == segment->device &&
                   info.st_ino == segment->inode && info.st_size == (off_t)STATION_LINK_TOTAL_SIZE;
  close(fd);
  return same;
}

void station_link_sign_in(station_link_side* side) {
  const uint32_t pid = (uint32_t)getpid();
  // Nobody, until the two numbers that name us agree.
  __atomic_store_n(&side->pid, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&side->start_time, station_link_start_time(pid), __ATOMIC_SEQ_CST);
  __atomic_store_n(&side->pid, pid, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&side->generation, 1, __ATOMIC_SEQ_CST);
}

void station_link_sign_out(station_link_side* side) {
  __atomic_store_n(&side->pid, 0, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&side->generation, 1, __ATOMIC_SEQ_CST);
}

void station_link_unmap(station_link_segment* segment) {
  if (segment->header != NULL) munmap(segment->header, STATION_LINK_TOTAL_SIZE);
  if (segment->fd >= 0) close(segment->fd);
  memset(segment, 0, sizeof *segment);
  segment->fd = -1;
}
