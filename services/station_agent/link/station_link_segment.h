// The shared memory itself: made, found, checked, mapped, and locked for one process a side.
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_SEGMENT_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_SEGMENT_H_

#include <sys/types.h>

#include "services/station_agent/link/station_link_layout.h"
#include "services/station_agent/link/station_link_mailbox.h"

#ifdef __cplusplus
extern "C" {
#endif

// Mapped memory; `header` NULL when there is none. station_link_unmap frees it.
typedef struct station_link_segment {
  station_link_header* header;
  int fd;
  dev_t device;  // with `inode`: tells a segment from a later one of the same name
  ino_t inode;
  station_link_box orders;
  station_link_box configuration;
  station_link_box answer;
  station_link_box indicators;
  station_link_box children;
} station_link_segment;

// The agent's: opens the segment `name` ("/understudy-..."), or makes it, or replaces one that is
// not sound. Readable and writable by the user, and by the group `group` unless that is (gid_t)-1.
// `*adopted` says that a sound one was there. Returns 0 or
//   -EBUSY   another agent that lives has it
//   -EPERM   it belongs to another user
//   -errno   the system refused
int station_link_make(const char* name, gid_t group, station_link_segment* segment, int* adopted);

// The native process's: opens and locks a segment that an agent made. Returns 0 or
//   -ENOENT  there is none (yet)
//   -EBUSY   another native process that lives has it
//   -EPROTO  it is of another version, or not a segment
//   -errno   the system refused
int station_link_find(const char* name, station_link_segment* segment);

// 1 while the name still leads to this very segment and it has its size.
int station_link_is_current(const char* name, const station_link_segment* segment);

// Writes who this process is into its side, and grows the side's generation.
void station_link_sign_in(station_link_side* side);

// Says that nobody is on this side.
void station_link_sign_out(station_link_side* side);

void station_link_unmap(station_link_segment* segment);

#ifdef __cplusplus
}
#endif

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_SEGMENT_H_
