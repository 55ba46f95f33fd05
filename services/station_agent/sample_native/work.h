// What the sample "does": it keeps a configuration in memory, and shows it in a file.
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_SAMPLE_NATIVE_WORK_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_SAMPLE_NATIVE_WORK_H_

#include <stddef.h>
#include <stdint.h>

enum { kMaxChildren = 1024, kMaxChildId = 128 };

typedef struct work_child {
  char id[kMaxChildId + 1];
  int alive;
} work_child;

typedef struct site_work {
  // What runs; NULL: nothing.
  char* configuration;
  size_t size;
  uint8_t sha256[32];
  // Where what runs is shown, byte for byte; absent while nothing runs. NULL: nowhere.
  const char* state_path;
  work_child children[kMaxChildren];
  size_t child_count;
  // Reported instead of the truth, when not 0.
  uint64_t pretended_memory;
  int silent;   // sends no heartbeat
  int refuses;  // runs nothing that the agent gives it
  // How long it takes to begin what the agent gives it.
  unsigned delay_milliseconds;
} site_work;

// Does ahead what is slow the first time, so that no duty waits for it: loading libcrypto's digests
// takes some 2 ms. 0, or -EIO.
int work_prepare(void);
// Runs a copy of `data` from now on. 0, or -errno when it cannot; then what ran goes on.
int work_run(site_work* work, const void* data, size_t size);
// As work_run, with a file's content.
int work_run_file(site_work* work, const char* path);
// Shows what runs in the file at `state_path`. 0, or -errno.
int work_show(const site_work* work);
void work_stand_down(site_work* work);

// Adds the child or changes it. 0, or -ENOSPC, -EINVAL.
int work_set_child(site_work* work, const char* id, int alive);
void work_remove_child(site_work* work, const char* id);
// "camera-1,camera-2".
int work_add_children(site_work* work, const char* list);

// Bytes, as /proc/self/statm says, or as pretended.
uint64_t work_memory(const site_work* work);

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_SAMPLE_NATIVE_WORK_H_
