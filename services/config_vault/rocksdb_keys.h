#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_KEYS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The keys of doc/storage_format.md. A table is a letter and a slash; numbers are 8 bytes, big
// endian, so that their order is the keys'; a zero byte (no name holds one) ends a name that a
// number follows.
namespace understudy::config_vault::keys {

inline constexpr std::string_view kMeta = "m/";
inline constexpr std::string_view kSchema = "m/schema";
inline constexpr std::string_view kEpoch = "m/epoch";
inline constexpr std::string_view kCounters = "m/counters";
inline constexpr std::string_view kPosition = "m/position";

inline constexpr std::string_view kHeads = "d/";
inline constexpr std::string_view kHistory = "h/";
inline constexpr std::string_view kLog = "l/";
inline constexpr std::string_view kRequests = "q/";
inline constexpr std::string_view kRequestNumbers = "n/";
inline constexpr std::string_view kStations = "s/";
inline constexpr std::string_view kDuties = "u/";
inline constexpr std::string_view kDutyOfStation = "a/";
inline constexpr std::string_view kFailovers = "f/";
inline constexpr std::string_view kFailoverIds = "i/";
inline constexpr std::string_view kFinished = "g/";

// table + name.
std::string Named(std::string_view table, std::string_view name);
// table + number.
std::string Numbered(std::string_view table, uint64_t number);
// "h/" + name + '\0' + revision.
std::string History(std::string_view name, uint64_t revision);
// name + '\0' + revision, of the column family `content`.
std::string Content(std::string_view name, uint64_t revision);

// The number that ends the key; nothing when the key is too short.
std::optional<uint64_t> NumberAtEnd(std::string_view key);
std::string EncodeNumber(uint64_t number);

// The first key after all keys that begin with `prefix`, which is not empty and not all 0xFF.
std::string PrefixEnd(std::string_view prefix);

}  // namespace understudy::config_vault::keys

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_KEYS_H_
