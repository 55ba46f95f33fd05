#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_STACK_OVERFLOW_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_STACK_OVERFLOW_H_

namespace understudy::station_agent::runtime {

// Lets a fault in the guard page of the running coroutine's stack be reported with the coroutine's
// name before the process ends as it would have; all other faults go on to whoever handled them
// before. Gives the calling thread a signal stack when it has none. Does nothing in sanitizer
// builds, which report by themselves.
void ReportStackOverflowsOfThisThread();

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_STACK_OVERFLOW_H_
