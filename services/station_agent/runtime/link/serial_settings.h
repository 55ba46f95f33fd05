#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_SERIAL_SETTINGS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_SERIAL_SETTINGS_H_

namespace understudy::station_agent::runtime {

enum class Parity { kNone, kEven, kOdd };

struct SerialSettings {
  int baud = 9600;  // one of the standard rates from 1,200 to 4,000,000
  int data_bits = 8;
  Parity parity = Parity::kNone;
  int stop_bits = 1;
  // Lets the driver switch the direction of an RS-485 transceiver. Fails where it cannot.
  bool rs485 = false;

  friend bool operator==(const SerialSettings&, const SerialSettings&) = default;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_SERIAL_SETTINGS_H_
