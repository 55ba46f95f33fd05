#ifndef UNDERSTUDY_COMMON_BEAT_SESSION_KEY_H_
#define UNDERSTUDY_COMMON_BEAT_SESSION_KEY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace understudy::beat {

inline constexpr size_t kKeySize = 32;
inline constexpr size_t kProofSize = 32;

// The secret of one session: given by membership at Join, known to it and to the station alone.
// Wiped when destroyed. Deliberately not printable.
class SessionKey {
 public:
  // All zero: no session's key.
  SessionKey() = default;
  SessionKey(const SessionKey&) = default;
  SessionKey& operator=(const SessionKey&) = default;
  ~SessionKey();

  // From the operating system's generator.
  static SessionKey Generate();
  // Nothing unless there are exactly 32 bytes.
  static std::optional<SessionKey> FromBytes(std::string_view bytes);

  // For JoinResponse alone.
  std::string ToBytes() const;
  const uint8_t* data() const { return bytes_.data(); }
  void Wipe();

 private:
  std::array<uint8_t, kKeySize> bytes_ = {};
};

// HMAC-SHA256(key, station id): what a Hello carries to show that its stream belongs to the
// session.
std::array<uint8_t, kProofSize> HelloProof(const SessionKey& key, std::string_view station_id);
// In constant time for a proof of the right size.
bool VerifyHelloProof(const SessionKey& key, std::string_view station_id, std::string_view proof);

}  // namespace understudy::beat

#endif  // UNDERSTUDY_COMMON_BEAT_SESSION_KEY_H_
