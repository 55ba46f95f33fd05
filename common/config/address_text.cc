#include "common/config/address_text.h"

#include <arpa/inet.h>

#include <charconv>

#include "absl/strings/ascii.h"

namespace understudy::config {
namespace {

constexpr size_t kLongestHost = 253;

bool IsNameCharacter(char c) { return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_'; }

bool IsName(std::string_view host) {
  for (const char c : host) {
    if (!IsNameCharacter(c)) return false;
  }
  return true;
}

bool IsIpv6(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, port);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return port;
}

}  // namespace

std::optional<HostAndPort> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<uint16_t> port = ParsePort(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (!port.has_value() || host.empty() || host.size() > kLongestHost) return std::nullopt;
  if (host.front() == '[') {
    if (host.back() != ']') return std::nullopt;
    HostAndPort address{std::string(host.substr(1, host.size() - 2)), *port};
    if (!IsIpv6(address.host)) return std::nullopt;
    return address;
  }
  if (!IsName(host)) return std::nullopt;
  return HostAndPort{std::string(host), *port};
}

std::string FormatAddress(const HostAndPort& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + address.host + "]" : address.host;
  return host + ":" + std::to_string(address.port);
}

bool IsLoopback(std::string_view host) {
  const std::string text(host);
  if (text == "localhost" || text == "::1") return true;
  in_addr address;
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return false;
  return (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace understudy::config
