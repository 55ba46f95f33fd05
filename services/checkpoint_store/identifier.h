#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_IDENTIFIER_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_IDENTIFIER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace understudy::checkpoint_store {

// The secret by which a device finds its memory, or by which it claims it: 4 to 32 bytes, written
// as lower-case hexadecimal digits. A default-made one is none.
class Identifier {
 public:
  static constexpr size_t kMinBytes = 4;
  static constexpr size_t kMaxBytes = 32;
  // Of those that the server draws: 128 bits.
  static constexpr size_t kDrawnBytes = 16;

  Identifier() = default;
  // Nothing unless there are 4 to 32 bytes.
  static std::optional<Identifier> FromBytes(std::string_view bytes);
  // INVALID_ARGUMENT INVALID_IDENTIFIER unless `hex` is 8 to 64 lower-case hexadecimal digits, an
  // even number of them. The error does not repeat them.
  static absl::StatusOr<Identifier> FromHex(std::string_view hex);

  std::string ToHex() const;
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), size_};
  }
  size_t bits() const { return size_t{8} * size_; }
  bool empty() const { return size_ == 0; }

  // Takes the same time whatever the bytes.
  friend bool operator==(const Identifier& left, const Identifier& right);
  // For tables that live as long as one batch; others go by KeyedHash.
  template <typename H>
  friend H AbslHashValue(H state, const Identifier& identifier) {
    return H::combine(std::move(state), identifier.bytes_, identifier.size_);
  }

 private:
  // Behind `size_`, zeros.
  std::array<uint8_t, kMaxBytes> bytes_{};
  uint8_t size_ = 0;
};

// The first 8 hexadecimal digits of its SHA-256: for people and logs, which must not see it.
std::string FingerprintOf(const Identifier& identifier);

// Draws identifiers. A real one is a cryptographic generator; tests give what they want.
class IdentifierSource {
 public:
  virtual ~IdentifierSource() = default;
  // Of kDrawnBytes.
  virtual Identifier Draw() = 0;
};

// The key of KeyedHash, drawn at each start.
using HashKey = std::array<uint8_t, 16>;

// SipHash-2-4: without the key nobody can tell which identifiers fall together, so how long a
// lookup takes says nothing of those that are there.
uint64_t KeyedHash(const HashKey& key, const Identifier& identifier);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_IDENTIFIER_H_
