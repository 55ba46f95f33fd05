#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_LINK_RUNTIME_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_LINK_RUNTIME_H_

#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/runtime.h"

namespace understudy::station_agent {

// One thread of coroutines for all links of a test program, to its end.
inline runtime::Runtime& LinkRuntime() {
  static const SystemClock clock;
  static runtime::Runtime runtime(
      [] {
        runtime::RuntimeOptions options;
        options.threads = 1;
        return options;
      }(),
      clock);
  return runtime;
}

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_LINK_RUNTIME_H_
