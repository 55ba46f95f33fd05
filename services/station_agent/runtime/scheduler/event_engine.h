#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_EVENT_ENGINE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_EVENT_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/time/time.h"

namespace understudy::station_agent::runtime {

// What happened to a descriptor. `events` are EPOLL* bits.
struct DescriptorEvent {
  int descriptor;
  uint32_t generation;
  uint32_t events;
};

// Where a manager sleeps and what tells it that descriptors changed. Used by the manager's thread
// except where noted.
class EventEngine {
 public:
  virtual ~EventEngine() = default;

  // Reports each change of `descriptor` from now on (edge-triggered, in and out), first its present
  // state if it is ready. Returns 0 or an errno: EPERM when it is of a kind that is always ready.
  virtual int Watch(int descriptor, uint32_t generation) = 0;
  // Any thread. Does nothing when it is not watched.
  virtual void Forget(int descriptor) = 0;
  // Waits until something happened, Wake was called or `timeout` is over (infinite: for ever;
  // zero: only looks). Returns how many of `events` were filled.
  virtual size_t Wait(absl::Duration timeout, std::span<DescriptorEvent> events) = 0;
  // Any thread. Ends the present Wait, or the next one.
  virtual void Wake() = 0;
  // In a child process, after fork: lets go of what is shared with the parent.
  virtual void AbandonAfterFork() = 0;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_EVENT_ENGINE_H_
