// Waking the other process: a counter in the shared memory that is also a futex.
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_BELL_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_BELL_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What to hand to station_link_await_bell: taken before looking for news, so that none is missed.
uint32_t station_link_bell_now(const uint32_t* bell);
// Wakes who waits on it. Never blocks.
void station_link_ring(uint32_t* bell);
// Waits until the bell has been rung since `seen` was taken, at most `timeout_ns`. Returns 0, also
// for a wake-up without cause, -ETIMEDOUT, or -EINTR when a signal came.
int station_link_await_bell(const uint32_t* bell, uint32_t seen, int64_t timeout_ns);

// CLOCK_BOOTTIME, nanoseconds: the clock of leases.
int64_t station_link_now(void);

#ifdef __cplusplus
}
#endif

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_BELL_H_
