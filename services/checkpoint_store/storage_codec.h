#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_STORAGE_CODEC_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_STORAGE_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/checkpoint_store/records.h"

// Records to and from the bytes of doc/storage_format.md. Reading what is no record gives DATA_LOSS
// CORRUPT_RECORD.
namespace understudy::checkpoint_store::storage {

struct Schema {
  uint32_t version = 0;
  std::string key_check = {};
};

std::string EncodeSchema(const Schema& schema);
absl::StatusOr<Schema> DecodeSchema(std::string_view bytes);

std::string EncodeCounters(const Counters& counters);
absl::StatusOr<Counters> DecodeCounters(std::string_view bytes);

std::string EncodeDevice(const Device& device);
absl::StatusOr<Device> DecodeDevice(std::string_view bytes);

inline constexpr std::string_view kSchemaKey = "m/schema";
inline constexpr std::string_view kCountersKey = "m/counters";
inline constexpr std::string_view kDevices = "d/";

// "d/" + number, 8 bytes, big endian.
std::string DeviceKey(DeviceNumber number);
// number + slot, 8 bytes each, big endian; of the column family `content`.
std::string ContentKey(DeviceNumber number, ContentSlot slot);

}  // namespace understudy::checkpoint_store::storage

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_STORAGE_CODEC_H_
