#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_RECORD_FIELDS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_RECORD_FIELDS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/status/status.h"
#include "services/config_vault/proto_fields.h"
#include "services/config_vault/vault_batch.h"
#include "understudy/config_vault/storage/v1/records.pb.h"

// The stored records that have no counterpart on the wire, to and from their messages; and messages
// to and from bytes.
namespace understudy::config_vault::fields {

namespace records = ::understudy::config_vault::storage::v1;

void ToProto(const Counters& from, records::CountersRecord& to);
Counters ToCounters(const records::CountersRecord& from);
void ToProto(const DocumentHead& from, records::HeadRecord& to);
DocumentHead ToHead(const records::HeadRecord& from);
void ToProto(const RememberedRequest& from, records::RequestRecord& to);
RememberedRequest ToRequest(const records::RequestRecord& from);
void ToProto(const StoredStation& from, records::StationRecord& to);
StoredStation ToStoredStation(const records::StationRecord& from);
void ToProto(const StoredFailover& from, records::FailoverRecord& to);
StoredFailover ToStoredFailover(const records::FailoverRecord& from);

// Deterministic: equal messages are equal bytes.
std::string Encode(const google::protobuf::MessageLite& message);

// DATA_LOSS CORRUPT_RECORD for what no vault wrote.
template <typename Proto>
absl::StatusOr<Proto> Parse(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                     "a stored " + proto.GetTypeName() + " cannot be read");
  }
  return proto;
}

}  // namespace understudy::config_vault::fields

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_RECORD_FIELDS_H_
