#include "services/checkpoint_store/rest_cipher.h"

#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/ascii.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

static_assert(RestCipher::kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}
uint8_t* Bytes(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

absl::Status BadFile(const std::string& path, const std::string& finding) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "BAD_KEY_FILE",
                   path + ": expected 64 hexadecimal digits in a file that its owner alone may "
                          "read; found " +
                       finding);
}

}  // namespace

RestCipher::~RestCipher() { sodium_memzero(key_.data(), key_.size()); }

std::string RestCipher::Seal(std::string_view place, std::string_view plain) const {
  std::string sealed(kNonceBytes + plain.size() + kTagBytes, '\0');
  randombytes_buf(sealed.data(), kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      Bytes(sealed) + kNonceBytes, nullptr, Bytes(plain), plain.size(), Bytes(place), place.size(),
      nullptr, Bytes(sealed), key_.data());
  return sealed;
}

absl::StatusOr<std::string> RestCipher::Open(std::string_view place,
                                             std::string_view sealed) const {
  if (sealed.size() >= kNonceBytes + kTagBytes) {
    std::string plain(sealed.size() - kNonceBytes - kTagBytes, '\0');
    const std::string_view body = sealed.substr(kNonceBytes);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(Bytes(plain), nullptr, nullptr, Bytes(body),
                                                   body.size(), Bytes(place), place.size(),
                                                   Bytes(sealed), key_.data()) == 0) {
      return plain;
    }
  }
  return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                   "a stored record cannot be decrypted with the key at hand");
}

absl::StatusOr<std::shared_ptr<const RestCipher>> ReadRestCipher(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return BadFile(path, "no file");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return BadFile(path, "a file open to others");
  std::ifstream file(path);
  std::string hex{std::istreambuf_iterator<char>(file), {}};
  const std::optional<Sha256> bytes =
      Sha256FromHex(std::string(absl::StripTrailingAsciiWhitespace(hex)));
  sodium_memzero(hex.data(), hex.size());
  if (!bytes.has_value()) return BadFile(path, "something else");
  return std::make_shared<const RestCipher>(*bytes);
}

}  // namespace understudy::checkpoint_store
