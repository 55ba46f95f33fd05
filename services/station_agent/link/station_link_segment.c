#define _GNU_SOURCE
#include "services/station_agent/link/station_link_segment.h"

#include <errno.h>
#include <fcntl.h>
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
  segment->file = station_link_file_of(info);
  return 0;
}

// Opens the bell that was made with the segment.
static int open_bell(const char* name, station_link_segment* segment, uid_t owner) {
  segment->bell_file.device = (dev_t)segment->header->bell_device;
  segment->bell_file.inode = (ino_t)segment->header->bell_inode;
  segment->bell = station_link_open_bell(name, &segment->bell_file, owner);
  return segment->bell < 0 ? segment->bell : 0;
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
  segment->header->bell_device = segment->bell_file.device;
  segment->header->bell_inode = segment->bell_file.inode;
  __atomic_store_n(&segment->header->magic, STATION_LINK_MAGIC, __ATOMIC_RELEASE);
  return 0;
}

// The bell comes first: where the magic is, there is a bell.
static int make_anew(const char* name, station_link_segment* segment) {
  segment->bell = station_link_make_bell(name, &segment->bell_file);
  return segment->bell < 0 ? segment->bell : lay_out(segment);
}

// What an earlier agent left. -ENOENT: it is of no use, or its bell is not there.
static int adopt(const char* name, off_t size, station_link_segment* segment) {
  if (size != (off_t)STATION_LINK_TOTAL_SIZE) return -ENOENT;
  const int result = map(segment);
  if (result != 0) return result;
  return is_sound(segment->header) ? open_bell(name, segment, geteuid()) : -ENOENT;
}

// -ESTALE: what was there is of no use and has been removed; try again.
static int use_or_replace(const char* name, int created, station_link_segment* segment,
                          int* adopted) {
  struct stat info;
  int result = lock_byte(segment->fd, STATION_LINK_AGENT_LOCK_BYTE);
  if (result == 0) result = identify(segment, &info);
  if (result != 0) return result;
  if (info.st_uid != geteuid()) return -EPERM;
  // The bell is for whoever holds the lock of the segment that has the name: nobody else may touch
  // it. Another agent may have replaced the segment between our opening and our locking it.
  if (!station_link_leads_to_segment(name, &segment->file, &info)) return -ESTALE;
  *adopted = 0;
  if (created) return make_anew(name, segment);
  result = adopt(name, info.st_size, segment);
  *adopted = result == 0;
  if (result != -ENOENT) return result;
  result = station_link_withdraw(name, segment);
  return result == 0 ? -ESTALE : result;
}

static int open_or_create(const char* name, int* created) {
  int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  *created = fd >= 0;
  if (fd < 0 && errno == EEXIST) fd = shm_open(name, O_RDWR | O_CLOEXEC, 0);
  if (fd >= 0) return fd;
  if (errno == ENOENT) return -ESTALE;
  return errno == EACCES ? -EPERM : -errno;
}

// The bell first: who may open the segment may open both.
static int share(const station_link_segment* segment, gid_t group) {
  const int result = station_link_share(segment->bell, group);
  return result != 0 ? result : station_link_share(segment->fd, group);
}

static int try_to_make(const char* name, gid_t group, station_link_segment* segment, int* adopted) {
  int created = 0;
  segment->fd = open_or_create(name, &created);
  if (segment->fd < 0) return segment->fd;
  int result = use_or_replace(name, created, segment, adopted);
  if (result == 0) result = share(segment, group);
  if (result == 0 && !station_link_is_current(name, segment)) result = -ESTALE;
  return result;
}

int station_link_make(const char* name, gid_t group, station_link_segment* segment, int* adopted) {
  *segment = station_link_no_segment();
  for (int attempt = 0; attempt < kMakeAttempts; ++attempt) {
    const int result = try_to_make(name, group, segment, adopted);
    if (result == 0) return 0;
    station_link_unmap(segment);
    if (result != -ESTALE) return result;
  }
  return -EBUSY;
}

static int check_and_lock(const char* name, station_link_segment* segment) {
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
  result = open_bell(name, segment, info.st_uid);
  if (result != 0) return result;
  return lock_byte(segment->fd, STATION_LINK_NATIVE_LOCK_BYTE);
}

int station_link_find(const char* name, station_link_segment* segment) {
  *segment = station_link_no_segment();
  segment->fd = shm_open(name, O_RDWR | O_CLOEXEC, 0);
  if (segment->fd < 0) return -errno;
  const int result = check_and_lock(name, segment);
  if (result != 0) station_link_unmap(segment);
  return result;
}

int station_link_is_current(const char* name, const station_link_segment* segment) {
  struct stat info;
  return station_link_leads_to_segment(name, &segment->file, &info) &&
         info.st_size == (off_t)STATION_LINK_TOTAL_SIZE &&
         station_link_leads_to_bell(name, &segment->bell_file);
}

// The bell first: whoever finds a segment without one makes both anew.
int station_link_withdraw(const char* name, const station_link_segment* segment) {
  struct stat info;
  if (!station_link_leads_to_segment(name, &segment->file, &info)) return 0;
  const int result = station_link_remove_bell(name);
  if (result != 0) return result;
  return shm_unlink(name) == 0 || errno == ENOENT ? 0 : -errno;
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

station_link_segment station_link_no_segment(void) {
  const station_link_segment none = {.fd = -1, .bell = -1};
  return none;
}

void station_link_unmap(station_link_segment* segment) {
  if (segment->header != NULL) munmap(segment->header, STATION_LINK_TOTAL_SIZE);
  if (segment->fd >= 0) close(segment->fd);
  if (segment->bell >= 0) close(segment->bell);
  *segment = station_link_no_segment();
}
