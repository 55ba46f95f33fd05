#include "common/document/sha256.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace understudy {
namespace {

// The digest's implementation, looked up once: fetching it at each call costs more than hashing
// a small document. Never freed; thread-safe.
const EVP_MD* Algorithm() {
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kAlgorithm;
}

std::optional<uint8_t> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

Sha256 Sha256Of(std::string_view bytes) {
  Sha256 digest = {};
  unsigned int size = 0;
  const EVP_MD* algorithm = Algorithm();
  if (algorithm == nullptr ||
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm, nullptr) != 1 ||
      size != digest.size()) {
    // Only without memory or with a broken OpenSSL; a made-up digest would be worse than stopping.
    std::fputs("SHA-256 is not available from OpenSSL\n", stderr);
    std::abort();
  }
  return digest;
}

std::string Sha256ToBytes(const Sha256& digest) {
  return std::string(digest.begin(), digest.end());
}

std::optional<Sha256> Sha256FromBytes(std::string_view bytes) {
  Sha256 digest = {};
  if (bytes.size() != digest.size()) return std::nullopt;
  std::transform(bytes.begin(), bytes.end(), digest.begin(),
                 [](char c) { return static_cast<uint8_t>(c); });
  return digest;
}

std::string Sha256ToHex(const Sha256& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const uint8_t byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 0xF];
  }
  return hex;
}

std::optional<Sha256> Sha256FromHex(std::string_view hex) {
  Sha256 digest = {};
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const std::optional<uint8_t> high = HexDigit(hex[2 * i]);
    const std::optional<uint8_t> low = HexDigit(hex[2 * i + 1]);
    if (!high.has_value() || !low.has_value()) return std::nullopt;
    digest[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return digest;
}

}  // namespace understudy
