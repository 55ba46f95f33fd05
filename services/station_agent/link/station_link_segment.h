// The shared memory itself: made, found, checked, mapped, and locked for one process a side; and
// the agent's bell with it.
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_SEGMENT_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_SEGMENT_H_

#include <sys/types.h>

#include "services/station_agent/link/station_link_files.h"
#include "services/station_agent/link/station_link_layout.h"
#include "services/station_agent/link/station_link_mailbox.h"

#ifdef __cplusplus
extern "C" {
#endif

// Mapped memory, and the descriptor of the agent's bell. station_link_unmap frees both.
typedef struct station_link_segment {
  station_link_header* header;  // NULL when there is none
  int fd;
  station_link_file file;
  int bell;
  station_link_file bell_file;
  station_link_box orders;
  station_link_box configuration;
  station_link_box answer;
  station_link_box indicators;
  station_link_box children;
} station_link_segment;

// None.
station_link_segment station_link_no_segment(void);

// The agent's: opens the segment `name` ("/understudy-...") and its bell, or makes both, or
// replaces both when one is not sound or they do not belong together. Readable and writable by the
// user, and by the group `group` unless that is (gid_t)-1. `*adopted` says that sound ones were
// there. Returns 0 or
//   -EBUSY   another agent that lives has it
//   -EPERM   one of the two files belongs to another user
//   -errno   the system refused
int station_link_make(const char* name, gid_t group, station_link_segment* segment, int* adopted);

// The native process's: opens and locks a segment that an agent made. Returns 0 or
//   -ENOENT  there is none, or no bell (yet)
//   -EBUSY   another native process that lives has it
//   -EPROTO  it is of another version, or not a segment
//   -errno   the system refused
int station_link_find(const char* name, station_link_segment* segment);

// 1 while the name still leads to this very segment, which has its size, and to its bell.
int station_link_is_current(const char* name, const station_link_segment* segment);

// The agent's, of a segment that it has made or opened and that is not current any more: removes
// what is left of its files, so that station_link_make can begin anew. Returns 0 or
//   -EPERM  what is in the bell's place belongs to another user; nothing was removed
//   -errno  the system refused
int station_link_withdraw(const char* name, const station_link_segment* segment);

// Writes who this process is into its side, and grows the side's generation.
void station_link_sign_in(station_link_side* side);

// Says that nobody is on this side.
void station_link_sign_out(station_link_side* side);

// Leaves `*segment` as station_link_no_segment.
void station_link_unmap(station_link_segment* segment);

#ifdef __cplusplus
}
#endif

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_SEGMENT_H_
