#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_STORAGE_CODEC_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_STORAGE_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/config_vault/vault_batch.h"

// The values on disk: storage/v1 messages, to and from bytes. Encoding is deterministic: equal
// records are equal bytes. Decoding what no vault wrote is DATA_LOSS CORRUPT_RECORD.
namespace understudy::config_vault::storage {

std::string EncodeSchema(uint32_t version);
std::string EncodeEpoch(Epoch epoch);
std::string EncodeCounters(const Counters& counters);
std::string EncodeInfo(const DocumentInfo& info);
std::string EncodeHead(const DocumentHead& head);
std::string EncodeContent(std::string_view packed);
std::string EncodeRequest(const RememberedRequest& request);
std::string EncodeStation(const StoredStation& station);
std::string EncodeDuty(const Duty& duty);
std::string EncodeFailover(const StoredFailover& failover);
std::string EncodePosition(const ReplicaPosition& position);

absl::StatusOr<uint32_t> DecodeSchema(std::string_view bytes);
absl::StatusOr<Epoch> DecodeEpoch(std::string_view bytes);
absl::StatusOr<Counters> DecodeCounters(std::string_view bytes);
absl::StatusOr<DocumentInfo> DecodeInfo(std::string_view bytes);
absl::StatusOr<DocumentHead> DecodeHead(std::string_view bytes);
absl::StatusOr<std::string> DecodeContent(std::string_view bytes);
absl::StatusOr<RememberedRequest> DecodeRequest(std::string_view bytes);
absl::StatusOr<StoredStation> DecodeStation(std::string_view bytes);
absl::StatusOr<Duty> DecodeDuty(std::string_view bytes);
absl::StatusOr<StoredFailover> DecodeFailover(std::string_view bytes);
absl::StatusOr<ReplicaPosition> DecodePosition(std::string_view bytes);

}  // namespace understudy::config_vault::storage

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_STORAGE_CODEC_H_
