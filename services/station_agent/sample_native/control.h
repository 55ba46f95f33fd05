// The sample's remote control: text commands as datagrams on a unix socket, one command each.
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_SAMPLE_NATIVE_CONTROL_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_SAMPLE_NATIVE_CONTROL_H_

#include <stddef.h>

// A socket bound to `path` (an older one there is replaced), or -errno.
int control_open(const char* path);

// Puts the next waiting command into `line`, ended by a zero. 1, or 0 when none waits.
int control_next(int fd, char* line, size_t size);

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_SAMPLE_NATIVE_CONTROL_H_
