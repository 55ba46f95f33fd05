#ifndef UNDERSTUDY_CLI_CHECKPOINT_FLEET_SIMULATED_DEVICE_H_
#define UNDERSTUDY_CLI_CHECKPOINT_FLEET_SIMULATED_DEVICE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/checkpoint_fleet/device_connection.h"
#include "services/checkpoint_store/device/checkpoint_client.h"

namespace understudy::cli {

struct DeviceSettings {
  // Of its memory, 1 to 1 MiB; and how many of them each cycle changes.
  size_t memory_bytes = 2'048;
  size_t changed_bytes = 32;
  // How long it will sleep, for the store.
  absl::Duration interval = absl::Seconds(20);
  absl::Duration timeout = absl::Seconds(5);
};

// "no answer (status 503 OVERLOADED)": for people.
std::string ResultText(checkpoint_result result, const checkpoint_client& client);

// A device that runs the real client over a real connection, loses its memory at each sleep, and
// checks what it gets back. Not thread-safe.
class SimulatedDevice {
 public:
  struct Cycle {
    // What went wrong; empty: nothing.
    std::string failure;
    // It got back something that it had not stored.
    bool mismatch = false;
    bool from_operator = false;
  };

  // `address` and `tls` must outlive it.
  SimulatedDevice(const DeviceSettings& settings, const StoreAddress& address, SSL_CTX* tls);

  // Draws an identifier and, as the operator, creates it by PUT. `token` may be empty.
  absl::Status Enrol(const std::string& device_id, const std::string& token);
  // Wakes up, gets its memory, changes some of it, stores it, sleeps.
  Cycle Run();

  uint64_t bytes_sent() const { return client_.bytes_sent; }
  uint64_t bytes_received() const { return client_.bytes_received; }
  uint64_t resumed() const { return connection_.resumed(); }

 private:
  absl::Status Put(const std::string& identifier, const std::string& device_id,
                   const std::string& token);
  Cycle Store(const checkpoint_fetched& fetched);

  const DeviceSettings settings_;
  DeviceConnection connection_;
  checkpoint_port port_ = {};
  checkpoint_retained retained_ = {};
  checkpoint_client client_ = {};
  // What the store acknowledged last, and what was sent last: one of them comes back.
  std::vector<uint8_t> acknowledged_;
  std::vector<uint8_t> sent_;
  // Lost at each sleep.
  std::vector<uint8_t> memory_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CHECKPOINT_FLEET_SIMULATED_DEVICE_H_
