#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_WATCHED_DEVICE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_WATCHED_DEVICE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/station_agent/runtime/link/serial_settings.h"

// The child devices that the agent itself asks whether they are there. Pure.
namespace understudy::station_agent {

enum class DeviceTransport : uint8_t { kTcp, kTls, kUdp, kSerial };

struct DeviceAddress {
  DeviceTransport transport = DeviceTransport::kTcp;
  std::string host;   // not of a serial port
  uint16_t port = 0;  // not of a serial port
  std::string path;   // of a serial port
  runtime::SerialSettings line;

  friend bool operator==(const DeviceAddress&, const DeviceAddress&) = default;
};

// "tcp://10.0.0.7:502", "tls://meter-7:802", "udp://[fe80::1]:161",
// "serial:///dev/ttyUSB0?baud=19200&data_bits=8&parity=even&stop_bits=1&rs485=true". Names are not
// looked up, and no port is opened. The error says what would be right.
absl::StatusOr<DeviceAddress> ParseDeviceAddress(std::string_view address);

// "01 03 00ff" as bytes. At most kMaxProbeBytes of them, at least one.
absl::StatusOr<std::string> ParseHexBytes(std::string_view hex);
inline constexpr size_t kMaxProbeBytes = 250;

// Where a device's answer ends.
enum class ProbeFraming : uint8_t {
  kNone,       // with as many bytes as are expected, or the first that come
  kLine,       // at a line feed, which is sent behind the request, too
  kLength16,   // two bytes of length, big-endian, come first, both ways
  kModbusRtu,  // at a silence; the CRC is added, checked and taken away
};

struct WatchedDevice {
  std::string id;
  std::string type;
  DeviceAddress address;
  // Bytes that the device answers. Empty: it is there when the link can be opened.
  std::string request;
  // What its answer begins with.
  std::string answer;
  ProbeFraming framing = ProbeFraming::kNone;
  // Of TLS: who may have signed the device's certificate. Empty: whom the system trusts.
  std::string certificate_authority_file;
  absl::Duration every = absl::Seconds(5);
  absl::Duration time_out = absl::Seconds(1);
  // It is gone when it has not answered so many times in a row.
  int misses = 3;
};

// From single probes to alive or not: one answer makes it alive, `misses` without one in a row make
// it gone. It begins as not alive.
class DeviceVerdict {
 public:
  explicit DeviceVerdict(int misses) : misses_(misses) {}

  // Whether `alive` has changed.
  bool Observe(bool answered);
  bool alive() const { return alive_; }

 private:
  const int misses_;
  int missed_ = 0;
  bool alive_ = false;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_WATCHED_DEVICE_H_
