#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_LINK_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_LINK_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/steady_time.h"

namespace understudy::station_agent::runtime {

// Bytes to and from a device: TCP, UDP, TLS, a serial port. Calls wait by yielding in a coroutine,
// and by blocking in an ordinary thread. One may read while another writes. Errors:
//   DEADLINE_EXCEEDED  the deadline passed
//   CANCELLED          the coroutine was cancelled
//   OUT_OF_RANGE       the other side ended the stream
//   UNAVAILABLE        anything else that went wrong with the connection
class Link {
 public:
  virtual ~Link() = default;

  // At least one byte; as many as are there, at most `buffer`.
  virtual absl::StatusOr<size_t> Read(std::span<char> buffer, SteadyTime deadline) = 0;
  // All of `data`. When it fails, a part may have been sent.
  virtual absl::Status Write(std::string_view data, SteadyTime deadline) = 0;
  // Ends waits of others, too. Idempotent.
  virtual void Close() = 0;
  // For logs: "tcp 10.0.0.7:502", "serial /dev/ttyUSB0".
  virtual const std::string& name() const = 0;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_LINK_H_
