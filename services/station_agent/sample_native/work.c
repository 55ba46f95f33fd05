#define _GNU_SOURCE
#include "services/station_agent/sample_native/work.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kMaxConfiguration = 4 * 1024 * 1024 };

static int write_whole(int fd, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, data, size);
    if (written < 0) return -errno;
    data += written;
    size -= (size_t)written;
  }
  return 0;
}

// All of it or nothing, whenever one looks.
int work_show(const site_work* work) {
  char temporary[4096];
  if (work->state_path == NULL || work->configuration == NULL) return 0;
  if (snprintf(temporary, sizeof temporary, "%s.new", work->state_path) >= (int)sizeof temporary) {
    return -ENAMETOOLONG;
  }
  const int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return -errno;
  int result = write_whole(fd, work->configuration, work->size);
  close(fd);
  if (result == 0 && rename(temporary, work->state_path) != 0) result = -errno;
  return result;
}

static int hash(const void* data, size_t size, uint8_t* sha256) {
  return EVP_Digest(data, size, sha256, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

int work_prepare(void) {
  uint8_t sha256[32];
  return hash("", 0, sha256);
}

int work_run(site_work* work, const void* data, size_t size) {
  char* copy = malloc(size + 1);
  if (copy == NULL) return -ENOMEM;
  memcpy(copy, data, size);
  uint8_t sha256[32];
  const int result = hash(copy, size, sha256);
  if (result != 0) {
    free(copy);
    return result;
  }
  free(work->configuration);
  work->configuration = copy;
  work->size = size;
  memcpy(work->sha256, sha256, sizeof sha256);
  return 0;
}

static int read_whole(int fd, char** data, size_t* size) {
  struct stat info;
  if (fstat(fd, &info) != 0) return -errno;
  if (info.st_size > kMaxConfiguration) return -EFBIG;
  *data = malloc((size_t)info.st_size + 1);
  if (*data == NULL) return -ENOMEM;
  *size = 0;
  while (*size < (size_t)info.st_size) {
    const ssize_t got = read(fd, *data + *size, (size_t)info.st_size - *size);
    if (got < 0) return -errno;
    if (got == 0) break;
    *size += (size_t)got;
  }
  return 0;
}

int work_run_file(site_work* work, const char* path) {
  char* data = NULL;
  size_t size = 0;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int result = read_whole(fd, &data, &size);
  close(fd);
  if (result == 0) result = work_run(work, data, size);
  free(data);
  return result;
}

void work_stand_down(site_work* work) {
  free(work->configuration);
  work->configuration = NULL;
  work->size = 0;
  if (work->state_path != NULL) unlink(work->state_path);
}

static work_child* find_child(site_work* work, const char* id) {
  for (size_t i = 0; i < work->child_count; ++i) {
    if (strcmp(work->children[i].id, id) == 0) return &work->children[i];
  }
  return NULL;
}

int work_set_child(site_work* work, const char* id, int alive) {
  work_child* child = find_child(work, id);
  if (child == NULL) {
    if (work->child_count == kMaxChildren) return -ENOSPC;
    if (*id == '\0' || strlen(id) > kMaxChildId) return -EINVAL;
    child = &work->children[work->child_count++];
    strcpy(child->id, id);
  }
  child->alive = alive;
  return 0;
}

void work_remove_child(site_work* work, const char* id) {
  work_child* child = find_child(work, id);
  if (child != NULL) *child = work->children[--work->child_count];
}

int work_add_children(site_work* work, const char* list) {
  char id[kMaxChildId + 1];
  while (*list != '\0') {
    const size_t length = strcspn(list, ",");
    if (length > kMaxChildId) return -EINVAL;
    memcpy(id, list, length);
    id[length] = '\0';
    const int result = length == 0 ? 0 : work_set_child(work, id, 1);
    if (result != 0) return result;
    list += length + (list[length] == ',');
  }
  return 0;
}

uint64_t work_memory(const site_work* work) {
  unsigned long total = 0;
  unsigned long resident = 0;
  if (work->pretended_memory != 0) return work->pretended_memory;
  FILE* statm = fopen("/proc/self/statm", "re");
  if (statm == NULL) return 0;
  if (fscanf(statm, "%lu %lu", &total, &resident) != 2) resident = 0;
  fclose(statm);
  return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}
