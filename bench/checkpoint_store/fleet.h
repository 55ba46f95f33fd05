#ifndef UNDERSTUDY_BENCH_CHECKPOINT_STORE_FLEET_H_
#define UNDERSTUDY_BENCH_CHECKPOINT_STORE_FLEET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bench/checkpoint_store/http_connection.h"

namespace understudy::bench {

struct FleetOptions {
  uint16_t port = 0;
  // Each connection drives every so-many-th device, one after the other; a device is never in two
  // cycles at once.
  int connections = 64;
  int devices = 1'000;
  size_t checkpoint_bytes = 2'048;
  // An operator's, for the PUT.
  std::string token;
  SSL_CTX* tls = nullptr;
  // A new connection for each cycle, as a device that slept has it; and whether it resumes the TLS
  // session of the last.
  bool reconnect = false;
  bool resume = false;
  // Sends a Claim, as our devices do.
  bool claim = true;
  uint64_t seed = 1;
};

struct FleetResult {
  uint64_t cycles = 0;
  uint64_t failures = 0;
  uint64_t resumed = 0;
  // The first of them.
  std::string failure;
  absl::Duration elapsed;
  // Of what succeeded, in the order of its end.
  std::vector<absl::Duration> get;
  std::vector<absl::Duration> post;
  std::vector<absl::Duration> cycle;
};

// Sleeping devices without sleep: a closed loop of GET and POST on one thread. Not thread-safe.
class Fleet {
 public:
  explicit Fleet(const FleetOptions& options);
  ~Fleet();

  // An operator's PUT for each device. The first error.
  absl::Status Enrol();
  // Cycles until `duration` is over; what is under way then is finished, and counted. A device that
  // fails is left out from then on.
  absl::StatusOr<FleetResult> Run(absl::Duration duration);

 private:
  class Driver;

  absl::Status Loop();

  const FleetOptions options_;
  int poll_ = -1;
  std::vector<std::string> ids_;
  std::vector<std::unique_ptr<Driver>> drivers_;
};

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_CHECKPOINT_STORE_FLEET_H_
