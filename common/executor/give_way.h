#ifndef UNDERSTUDY_COMMON_EXECUTOR_GIVE_WAY_H_
#define UNDERSTUDY_COMMON_EXECUTOR_GIVE_WAY_H_

#include <sched.h>

namespace understudy {

// Lets a thread that was just woken run before the caller goes on, where the system has put both on
// one processor. To be called between a message that a failover waits for and what nobody waits
// for (logs, counters, onlookers). Costs a system call when there is nobody to give way to.
inline void GiveWay() { sched_yield(); }

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_EXECUTOR_GIVE_WAY_H_
