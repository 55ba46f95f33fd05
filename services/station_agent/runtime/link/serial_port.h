#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_SERIAL_PORT_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_SERIAL_PORT_H_

#include <memory>
#include <string>

#include "services/station_agent/runtime/link/link.h"
#include "services/station_agent/runtime/link/serial_settings.h"

namespace understudy::station_agent::runtime {

// Opens a serial port (RS-485, Bluetooth SPP as /dev/rfcommN, a USB adapter) for raw bytes. Without
// data to write, the port is ready at once; it does not wait for a carrier.
absl::StatusOr<std::unique_ptr<Link>> OpenSerialPort(const std::string& path,
                                                     const SerialSettings& settings);

// The silence that ends a Modbus RTU frame: three and a half characters, and 1.75 ms above 19,200
// baud.
absl::Duration ModbusSilence(const SerialSettings& settings);

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_SERIAL_PORT_H_
