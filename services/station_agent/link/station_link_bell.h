// Waking the other process. The native process waits on a counter in the shared memory that is also
// a futex; the agent, which waits for other things as well, polls a FIFO.
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

// Wakes who polls the FIFO. Never blocks: a full one wakes already.
void station_link_ring_fifo(int fd);
// Empties it, so that it can be waited for again. To be called before looking for news, so that
// none is missed. Never blocks; what is left of a FIFO that is filled faster wakes once more.
void station_link_hush_fifo(int fd);

// CLOCK_BOOTTIME, nanoseconds: the clock of leases.
int64_t station_link_now(void);

#ifdef __cplusplus
}
#endif

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_BELL_H_
