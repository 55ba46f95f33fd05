#ifndef UNDERSTUDY_COMMON_DOCUMENT_SHA256_H_
#define UNDERSTUDY_COMMON_DOCUMENT_SHA256_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy {

// A SHA-256 digest: says that a document is, byte for byte, what was meant. Digests are compared by
// ==, whose time depends on the bytes: they are public, not secrets. Message authentication codes
// are secrets and do not belong here.
using Sha256 = std::array<uint8_t, 32>;

// Thread-safe.
Sha256 Sha256Of(std::string_view bytes);

// The 32 bytes, as protos carry them.
std::string Sha256ToBytes(const Sha256& digest);
// Nothing unless `bytes` is 32 bytes long.
std::optional<Sha256> Sha256FromBytes(std::string_view bytes);

// 64 lower-case hexadecimal digits, for people.
std::string Sha256ToHex(const Sha256& digest);
// Reads both cases; nothing unless `hex` is 64 hexadecimal digits.
std::optional<Sha256> Sha256FromHex(std::string_view hex);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_DOCUMENT_SHA256_H_
