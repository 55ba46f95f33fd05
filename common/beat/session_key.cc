#include "common/beat/session_key.h"

#include <sodium.h>

#include <algorithm>
#include <cstdlib>

namespace understudy::beat {
namespace {

static_assert(kKeySize == crypto_auth_hmacsha256_KEYBYTES);
static_assert(kProofSize == crypto_auth_hmacsha256_BYTES);

const unsigned char* AsBytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

SessionKey::~SessionKey() { Wipe(); }

SessionKey SessionKey::Generate() {
  // Without a generator there are no secrets, so there is no way on.
  if (sodium_init() < 0) std::abort();
  SessionKey key;
  randombytes_buf(key.bytes_.data(), key.bytes_.size());
  return key;
}

std::optional<SessionKey> SessionKey::FromBytes(std::string_view bytes) {
  if (bytes.size() != kKeySize) return std::nullopt;
  SessionKey key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

std::string SessionKey::ToBytes() const { return std::string(bytes_.begin(), bytes_.end()); }

void SessionKey::Wipe() { sodium_memzero(bytes_.data(), bytes_.size()); }

std::array<uint8_t, kProofSize> HelloProof(const SessionKey& key, std::string_view station_id) {
  std::array<uint8_t, kProofSize> proof;
  crypto_auth_hmacsha256(proof.data(), AsBytes(station_id), station_id.size(), key.data());
  return proof;
}

bool VerifyHelloProof(const SessionKey& key, std::string_view station_id, std::string_view proof) {
  if (proof.size() != kProofSize) return false;
  return crypto_auth_hmacsha256_verify(AsBytes(proof), AsBytes(station_id), station_id.size(),
                                       key.data()) == 0;
}

}  // namespace understudy::beat
