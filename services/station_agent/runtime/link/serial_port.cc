#include "services/station_agent/runtime/link/serial_port.h"

#include <fcntl.h>
#include <linux/serial.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/station_agent/runtime/link/descriptor_link.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr std::array<std::pair<int, speed_t>, 17> kRates = {{
    {1200, B1200},
    {2400, B2400},
    {4800, B4800},
    {9600, B9600},
    {19200, B19200},
    {38400, B38400},
    {57600, B57600},
    {115200, B115200},
    {230400, B230400},
    {460800, B460800},
    {500000, B500000},
    {921600, B921600},
    {1000000, B1000000},
    {2000000, B2000000},
    {3000000, B3000000},
    {3500000, B3500000},
    {4000000, B4000000},
}};

absl::Status CheckSettings(const SerialSettings& settings) {
  const bool rate = std::any_of(kRates.begin(), kRates.end(),
                                [&](const auto& one) { return one.first == settings.baud; });
  if (!rate) return absl::InvalidArgumentError(absl::StrCat("baud ", settings.baud, " is unknown"));
  if (settings.data_bits < 5 || settings.data_bits > 8) {
    return absl::InvalidArgumentError("data bits must be 5 to 8");
  }
  if (settings.stop_bits != 1 && settings.stop_bits != 2) {
    return absl::InvalidArgumentError("stop bits must be 1 or 2");
  }
  return absl::OkStatus();
}

tcflag_t ControlFlags(const SerialSettings& settings) {
  static constexpr tcflag_t kSizes[] = {CS5, CS6, CS7, CS8};
  tcflag_t flags = CREAD | CLOCAL | kSizes[settings.data_bits - 5];
  if (settings.parity != Parity::kNone) flags |= PARENB;
  if (settings.parity == Parity::kOdd) flags |= PARODD;
  if (settings.stop_bits == 2) flags |= CSTOPB;
  return flags;
}

absl::Status Configure(int descriptor, const SerialSettings& settings, const std::string& name) {
  termios terminal{};
  if (tcgetattr(descriptor, &terminal) != 0) return LinkError(name, "not a serial port", errno);
  cfmakeraw(&terminal);
  terminal.c_cflag = ControlFlags(settings);
  terminal.c_cc[VMIN] = 1;
  terminal.c_cc[VTIME] = 0;
  for (const auto& [rate, code] : kRates) {
    if (rate == settings.baud) cfsetspeed(&terminal, code);
  }
  if (tcsetattr(descriptor, TCSANOW, &terminal) != 0) return LinkError(name, "settings", errno);
  if (!settings.rs485) return absl::OkStatus();
  serial_rs485 control{};
  control.flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
  if (ioctl(descriptor, TIOCSRS485, &control) != 0) return LinkError(name, "RS-485", errno);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Link>> OpenSerialPort(const std::string& path,
                                                     const SerialSettings& settings) {
  absl::Status valid = CheckSettings(settings);
  if (!valid.ok()) return valid;
  const std::string name = "serial " + path;
  Descriptor descriptor(open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (descriptor.get() < 0) return LinkError(name, "open", errno);
  absl::Status configured = Configure(descriptor.get(), settings, name);
  if (!configured.ok()) return configured;
  tcflush(descriptor.get(), TCIOFLUSH);
  return std::make_unique<DescriptorLink>(std::move(descriptor), name);
}

absl::Duration ModbusSilence(const SerialSettings& settings) {
  if (settings.baud > 19'200) return absl::Microseconds(1750);
  const int bits =
      1 + settings.data_bits + (settings.parity == Parity::kNone ? 0 : 1) + settings.stop_bits;
  return absl::Seconds(1) * 3.5 * bits / settings.baud;
}

}  // namespace understudy::station_agent::runtime
