#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_WAIT_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_WAIT_H_

#include <functional>

#include "absl/time/time.h"
#include "common/time/steady_time.h"

// Waiting for other processes, which takes real time.
namespace understudy::cli {

SteadyTime SteadyNow();
absl::Time WallNow();

void Pause(absl::Duration duration);

// Asks every `interval` until `condition` holds; false when `timeout` is over first.
bool WaitFor(absl::Duration timeout, const std::function<bool()>& condition,
             absl::Duration interval = absl::Milliseconds(5));

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_WAIT_H_
