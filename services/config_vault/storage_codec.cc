#include "services/config_vault/storage_codec.h"

#include <utility>

#include "services/config_vault/record_fields.h"

namespace understudy::config_vault::storage {
namespace {

namespace pb = ::understudy::config_vault::storage::v1;
using fields::Encode;
using fields::Parse;

template <typename Record, typename Domain>
std::string EncodeAs(const Domain& from) {
  Record record;
  fields::ToProto(from, record);
  return Encode(record);
}

}  // namespace

std::string EncodeSchema(uint32_t version) {
  pb::SchemaRecord record;
  record.set_version(version);
  return Encode(record);
}

std::string EncodeEpoch(Epoch epoch) {
  pb::EpochRecord record;
  record.set_epoch(epoch);
  return Encode(record);
}

std::string EncodeCounters(const Counters& counters) {
  return EncodeAs<pb::CountersRecord>(counters);
}

std::string EncodeInfo(const DocumentInfo& info) { return EncodeAs<pb::InfoRecord>(info); }

std::string EncodeHead(const DocumentHead& head) { return EncodeAs<pb::HeadRecord>(head); }

std::string EncodeContent(std::string_view packed) {
  pb::ContentRecord record;
  record.set_zstd_frame(packed.data(), packed.size());
  return Encode(record);
}

std::string EncodeRequest(const RememberedRequest& request) {
  return EncodeAs<pb::RequestRecord>(request);
}

std::string EncodeStation(const StoredStation& station) {
  return EncodeAs<pb::StationRecord>(station);
}

std::string EncodeDuty(const Duty& duty) { return EncodeAs<pb::DutyRecord>(duty); }

std::string EncodeFailover(const StoredFailover& failover) {
  return EncodeAs<pb::FailoverRecord>(failover);
}

std::string EncodePosition(const ReplicaPosition& position) {
  pb::PositionRecord record;
  record.set_cluster_id(position.cluster_id);
  record.set_revision(position.revision);
  record.set_lineage(position.lineage);
  record.set_epoch_base(position.epoch_base);
  record.set_filling(position.filling);
  return Encode(record);
}

absl::StatusOr<uint32_t> DecodeSchema(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::SchemaRecord>(bytes));
  return record.version();
}

absl::StatusOr<Epoch> DecodeEpoch(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::EpochRecord>(bytes));
  return record.epoch();
}

absl::StatusOr<Counters> DecodeCounters(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::CountersRecord>(bytes));
  return fields::ToCounters(record);
}

absl::StatusOr<DocumentInfo> DecodeInfo(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::InfoRecord>(bytes));
  return fields::ToInfo(record);
}

absl::StatusOr<DocumentHead> DecodeHead(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::HeadRecord>(bytes));
  return fields::ToHead(record);
}

absl::StatusOr<std::string> DecodeContent(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(auto record, Parse<pb::ContentRecord>(bytes));
  return std::move(*record.mutable_zstd_frame());
}

absl::StatusOr<RememberedRequest> DecodeRequest(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::RequestRecord>(bytes));
  return fields::ToRequest(record);
}

absl::StatusOr<StoredStation> DecodeStation(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::StationRecord>(bytes));
  return fields::ToStoredStation(record);
}

absl::StatusOr<Duty> DecodeDuty(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::DutyRecord>(bytes));
  return fields::ToDuty(record);
}

absl::StatusOr<StoredFailover> DecodeFailover(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::FailoverRecord>(bytes));
  return fields::ToStoredFailover(record);
}

absl::StatusOr<ReplicaPosition> DecodePosition(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::PositionRecord>(bytes));
  return ReplicaPosition{.cluster_id = record.cluster_id(),
                         .revision = record.revision(),
                         .lineage = record.lineage(),
                         .epoch_base = record.epoch_base(),
                         .filling = record.filling()};
}

}  // namespace understudy::config_vault::storage
