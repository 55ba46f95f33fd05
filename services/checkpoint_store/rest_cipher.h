#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_REST_CIPHER_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_REST_CIPHER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace understudy::checkpoint_store {

// Encrypts what lies on the disk, where that is wanted: XChaCha20-Poly1305 (libsodium), a random
// nonce each time, bound to the key under which it is stored, so that values cannot be swapped.
// Thread-safe.
class RestCipher {
 public:
  static constexpr size_t kKeyBytes = 32;
  using Key = std::array<uint8_t, kKeyBytes>;

  explicit RestCipher(const Key& key) : key_(key) {}
  ~RestCipher();
  RestCipher(const RestCipher&) = delete;
  RestCipher& operator=(const RestCipher&) = delete;

  std::string Seal(std::string_view place, std::string_view plain) const;
  // DATA_LOSS CORRUPT_RECORD: not what Seal made with this key for this place.
  absl::StatusOr<std::string> Open(std::string_view place, std::string_view sealed) const;

 private:
  Key key_;
};

// Reads a key file: 64 hexadecimal digits (and white space at the end), as `openssl rand -hex 32`
// makes it. FAILED_PRECONDITION BAD_KEY_FILE also when others than the owner may read it.
absl::StatusOr<std::shared_ptr<const RestCipher>> ReadRestCipher(const std::string& path);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_REST_CIPHER_H_
