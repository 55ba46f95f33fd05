#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_MUTATION_CODEC_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_MUTATION_CODEC_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/config_vault/vault_batch.h"
#include "understudy/config_vault/storage/v1/records.pb.h"

// Mutations as they travel: in etcd's batches, between replicas and into backups. Decoding what no
// vault wrote is DATA_LOSS CORRUPT_RECORD.
namespace understudy::config_vault::storage {

// `frame_is_apart`: the frame of a written revision is left out, and stands elsewhere.
void EncodeMutation(const Mutation& mutation, bool frame_is_apart, v1::MutationRecord& to);

// Gives the frame of a document that stands apart; nothing when it is not there.
using FindFrame = std::function<std::optional<std::string>(std::string_view document)>;
// `record` is given up.
absl::StatusOr<Mutation> DecodeMutation(v1::MutationRecord& record, const FindFrame& find_frame);

// Pieces of a snapshot: MutationsRecord, with all frames in it.
std::string EncodeMutations(const std::vector<Mutation>& mutations);
absl::StatusOr<std::vector<Mutation>> DecodeMutations(std::string_view bytes);

}  // namespace understudy::config_vault::storage

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_MUTATION_CODEC_H_
