#ifndef UNDERSTUDY_COMMON_CONFIG_ADDRESS_TEXT_H_
#define UNDERSTUDY_COMMON_CONFIG_ADDRESS_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::config {

struct HostAndPort {
  // Without brackets.
  std::string host;
  uint16_t port = 0;
  friend bool operator==(const HostAndPort&, const HostAndPort&) = default;
};

// "127.0.0.1:7102", "[::1]:7102", "control-1:7102". Nothing for other text; names are not looked
// up.
std::optional<HostAndPort> ParseAddress(std::string_view text);
// With brackets around an IPv6 address.
std::string FormatAddress(const HostAndPort& address);

// 127.0.0.0/8, ::1 and "localhost": only this machine can reach it.
bool IsLoopback(std::string_view host);

}  // namespace understudy::config

#endif  // UNDERSTUDY_COMMON_CONFIG_ADDRESS_TEXT_H_
