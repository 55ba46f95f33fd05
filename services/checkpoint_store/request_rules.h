#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_REQUEST_RULES_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_REQUEST_RULES_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/checkpoint_store/records.h"

// The form of what outside sends, whether by HTTP or by gRPC. Every error is INVALID_ARGUMENT with
// the reason named here.
namespace understudy::checkpoint_store {

inline constexpr uint32_t kMaxNextWakeSeconds = 31'622'400;

// INVALID_NAME: empty, or 1 to 32 characters of [a-z0-9-].
absl::Status CheckName(std::string_view name);
// INVALID_DEVICE_ID: empty, or 1 to 64 characters of [A-Za-z0-9._:-].
absl::Status CheckDeviceId(std::string_view id);
// INVALID_CONTENT_TYPE: at most 64 printable ASCII characters.
absl::Status CheckContentType(std::string_view content_type);
// INVALID_NEXT_WAKE: 0 to kMaxNextWakeSeconds.
absl::Status CheckNextWake(uint64_t seconds);
// INVALID_CLAIM: empty, or as an identifier.
absl::StatusOr<Identifier> ParseClaim(std::string_view hex);
// INVALID_BATTERY: "87%", "2950mV", or both with a comma between.
absl::StatusOr<BatteryReading> ParseBattery(std::string_view text);
// INVALID_BATTERY: 0 to 100 percent, 0 to 65,535 millivolts.
absl::StatusOr<BatteryReading> MakeBattery(std::optional<double> percent,
                                           std::optional<uint64_t> millivolts);
// HASH_MISMATCH unless nothing or the hash of `content` is told; gives the hash of `content`.
absl::StatusOr<Sha256> CheckContentHash(std::string_view content,
                                        const std::optional<Sha256>& told);

// Decimal digits alone, at most 19 of them; nothing otherwise.
std::optional<uint64_t> ParseNumber(std::string_view text);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_REQUEST_RULES_H_
