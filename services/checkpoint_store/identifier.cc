#include "services/checkpoint_store/identifier.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

static_assert(sizeof(HashKey) == crypto_shorthash_KEYBYTES);

constexpr char kDigits[] = "0123456789abcdef";
constexpr size_t kFingerprintDigits = 8;

// -1 unless `digit` is a lower-case hexadecimal one.
int ValueOf(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

absl::Status Invalid(const std::string& finding) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_IDENTIFIER",
                   absl::StrCat("expected 8 to 64 lower-case hexadecimal digits, an even number "
                                "of them; found ",
                                finding));
}

}  // namespace

std::optional<Identifier> Identifier::FromBytes(std::string_view bytes) {
  if (bytes.size() < kMinBytes || bytes.size() > kMaxBytes) return std::nullopt;
  Identifier identifier;
  std::memcpy(identifier.bytes_.data(), bytes.data(), bytes.size());
  identifier.size_ = static_cast<uint8_t>(bytes.size());
  return identifier;
}

absl::StatusOr<Identifier> Identifier::FromHex(std::string_view hex) {
  if (hex.size() < 2 * kMinBytes || hex.size() > 2 * kMaxBytes || hex.size() % 2 != 0) {
    return Invalid(absl::StrCat(hex.size(), " characters"));
  }
  Identifier identifier;
  for (size_t i = 0; i < hex.size() / 2; ++i) {
    const int high = ValueOf(hex[2 * i]);
    const int low = ValueOf(hex[2 * i + 1]);
    if (high < 0 || low < 0) return Invalid("another character");
    identifier.bytes_[i] = static_cast<uint8_t>(high << 4 | low);
  }
  identifier.size_ = static_cast<uint8_t>(hex.size() / 2);
  return identifier;
}

std::string Identifier::ToHex() const {
  std::string hex;
  hex.reserve(size_t{2} * size_);
  for (size_t i = 0; i < size_; ++i) {
    hex.push_back(kDigits[bytes_[i] >> 4]);
    hex.push_back(kDigits[bytes_[i] & 15]);
  }
  return hex;
}

bool operator==(const Identifier& left, const Identifier& right) {
  static_assert(Identifier::kMaxBytes == crypto_verify_32_BYTES);
  const int bytes = crypto_verify_32(left.bytes_.data(), right.bytes_.data());
  return static_cast<unsigned>(bytes == 0) & static_cast<unsigned>(left.size_ == right.size_);
}

std::string FingerprintOf(const Identifier& identifier) {
  return Sha256ToHex(Sha256Of(identifier.bytes())).substr(0, kFingerprintDigits);
}

uint64_t KeyedHash(const HashKey& key, const Identifier& identifier) {
  uint64_t hash = 0;
  const std::string_view bytes = identifier.bytes();
  crypto_shorthash(reinterpret_cast<uint8_t*>(&hash),
                   reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), key.data());
  return hash;
}

}  // namespace understudy::checkpoint_store
