// Whether the process on the other side lives.
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_PROCESS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_PROCESS_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// When the process began (field 22 of /proc/<pid>/stat); 0 when there is none, or when it is a
// zombie: dead, and only not yet buried by its parent.
uint64_t station_link_start_time(uint32_t pid);

// A descriptor that becomes readable when the process ends; the caller closes it. -ESRCH when the
// process `pid` that began at `start_time` has ended.
int station_link_open_process(uint32_t pid, uint64_t start_time);

// 1 while the process of the descriptor lives, else 0. Does not wait.
int station_link_process_lives(int pidfd);

#ifdef __cplusplus
}
#endif

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_PROCESS_H_
