#include <cstddef>
#include <cstdint>
#include <string_view>

#include "services/station_agent/watched_device.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace agent = understudy::station_agent;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto address = agent::ParseDeviceAddress(text);
  if (address.ok()) {
    const bool serial = address->transport == agent::DeviceTransport::kSerial;
    if (serial ? address->path.empty() : address->host.empty() || address->port == 0) {
      __builtin_trap();  // nothing can be opened there
    }
  }
  const auto bytes = agent::ParseHexBytes(text);
  if (bytes.ok() && (bytes->empty() || bytes->size() > agent::kMaxProbeBytes)) __builtin_trap();
  return 0;
}
