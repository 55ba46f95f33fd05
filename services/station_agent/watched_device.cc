#include "services/station_agent/watched_device.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/config/address_text.h"

namespace understudy::station_agent {
namespace {

constexpr absl::string_view kForms =
    "expected tcp://HOST:PORT, tls://HOST:PORT, udp://HOST:PORT or "
    "serial:///dev/NAME?baud=9600&data_bits=8&parity=none&stop_bits=1&rs485=false, found \"";
constexpr std::array<std::pair<absl::string_view, DeviceTransport>, 3> kNetworkSchemes = {
    {{"tcp://", DeviceTransport::kTcp},
     {"tls://", DeviceTransport::kTls},
     {"udp://", DeviceTransport::kUdp}}};
constexpr size_t kMaxAddress = 512;

absl::Status BadAddress(absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(kForms, text.substr(0, kMaxAddress), "\""));
}

absl::Status BadSetting(absl::string_view setting, absl::string_view right) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", right, ", found \"", setting.substr(0, kMaxAddress), "\""));
}

// Of `setting`, "key=value".
absl::Status ApplyNumber(absl::string_view setting, absl::string_view value, int low, int high,
                         int& field) {
  int number = 0;
  if (!absl::SimpleAtoi(value, &number) || number < low || number > high) {
    return BadSetting(setting, absl::StrCat("a number from ", low, " to ", high));
  }
  field = number;
  return absl::OkStatus();
}

absl::Status ApplyParity(absl::string_view setting, absl::string_view value,
                         runtime::Parity& parity) {
  constexpr std::array<std::pair<absl::string_view, runtime::Parity>, 3> kParities = {
      {{"none", runtime::Parity::kNone},
       {"even", runtime::Parity::kEven},
       {"odd", runtime::Parity::kOdd}}};
  for (const auto& [name, value_of_name] : kParities) {
    if (value != name) continue;
    parity = value_of_name;
    return absl::OkStatus();
  }
  return BadSetting(setting, "parity=none, parity=even or parity=odd");
}

absl::Status ApplySetting(absl::string_view setting, runtime::SerialSettings& line) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(setting, absl::MaxSplits('=', 1));
  const auto& [key, value] = parts;
  if (key == "baud") return ApplyNumber(setting, value, 1200, 4'000'000, line.baud);
  if (key == "data_bits") return ApplyNumber(setting, value, 5, 8, line.data_bits);
  if (key == "stop_bits") return ApplyNumber(setting, value, 1, 2, line.stop_bits);
  if (key == "parity") return ApplyParity(setting, value, line.parity);
  if (key == "rs485" && (value == "true" || value == "false")) {
    line.rs485 = value == "true";
    return absl::OkStatus();
  }
  return BadSetting(setting, "baud=, data_bits=, parity=, stop_bits= or rs485=true");
}

absl::StatusOr<DeviceAddress> ParseSerial(absl::string_view text, absl::string_view rest) {
  DeviceAddress address;
  address.transport = DeviceTransport::kSerial;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(rest, absl::MaxSplits('?', 1));
  address.path = std::string(parts.first);
  if (address.path.size() < 2 || address.path[0] != '/') return BadAddress(text);
  if (parts.second.empty()) return address;
  for (const absl::string_view setting : absl::StrSplit(parts.second, '&')) {
    const absl::Status applied = ApplySetting(setting, address.line);
    if (!applied.ok()) return applied;
  }
  return address;
}

absl::StatusOr<DeviceAddress> ParseNetwork(absl::string_view text, absl::string_view rest,
                                           DeviceTransport transport) {
  const std::optional<config::HostAndPort> parsed = config::ParseAddress(std::string(rest));
  if (!parsed.has_value() || parsed->port == 0) return BadAddress(text);
  DeviceAddress address;
  address.transport = transport;
  address.host = parsed->host;
  address.port = parsed->port;
  return address;
}

}  // namespace

absl::StatusOr<DeviceAddress> ParseDeviceAddress(std::string_view address) {
  // Debian's Abseil has a string_view of its own.
  const absl::string_view text(address.data(), address.size());
  if (text.size() > kMaxAddress || text.find('\0') != absl::string_view::npos) {
    return BadAddress("a text that is too long, or has a zero byte");
  }
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "serial://")) return ParseSerial(text, rest);
  for (const auto& [scheme, transport] : kNetworkSchemes) {
    if (absl::ConsumePrefix(&rest, scheme)) return ParseNetwork(text, rest, transport);
  }
  return BadAddress(text);
}

absl::StatusOr<std::string> ParseHexBytes(std::string_view hex) {
  const absl::string_view text(hex.data(), hex.size());
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return BadSetting(text, "hex digits");
    digits += c;
  }
  if (digits.empty() || digits.size() % 2 != 0 || digits.size() / 2 > kMaxProbeBytes) {
    return BadSetting(text, absl::StrCat("two hex digits a byte, 1 to ", kMaxProbeBytes, " bytes"));
  }
  return absl::HexStringToBytes(digits);
}

bool DeviceVerdict::Observe(bool answered) {
  missed_ = answered ? 0 : missed_ + 1;
  const bool before = alive_;
  if (answered) alive_ = true;
  if (missed_ >= misses_) {
    alive_ = false;
    missed_ = misses_;  // it may be gone for ever
  }
  return alive_ != before;
}

}  // namespace understudy::station_agent
