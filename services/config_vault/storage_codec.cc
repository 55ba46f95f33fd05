#include "services/config_vault/storage_codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "common/status/status.h"
#include "services/config_vault/proto_fields.h"
#include "understudy/config_vault/storage/v1/records.pb.h"

namespace understudy::config_vault::storage {
namespace {

namespace pb = ::understudy::config_vault::storage::v1;

std::string Encode(const google::protobuf::MessageLite& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream output(&stream);
    output.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&output);
  }
  return bytes;
}

template <typename Proto>
absl::StatusOr<Proto> Parse(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                     "a stored " + proto.GetTypeName() + " cannot be read");
  }
  return proto;
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
  pb::CountersRecord record;
  record.set_revision(counters.revision);
  record.set_request_number(counters.request_number);
  record.set_finished_number(counters.finished_number);
  record.set_documents(counters.documents);
  record.set_kept_revisions(counters.kept_revisions);
  return Encode(record);
}

std::string EncodeInfo(const DocumentInfo& info) {
  pb::InfoRecord record;
  fields::ToProto(info, record);
  return Encode(record);
}

std::string EncodeHead(const DocumentHead& head) {
  pb::HeadRecord record;
  fields::ToProto(head.latest, *record.mutable_latest());
  record.set_oldest(head.oldest);
  record.set_kept(head.kept);
  return Encode(record);
}

std::string EncodeContent(std::string_view packed) {
  pb::ContentRecord record;
  record.set_zstd_frame(packed.data(), packed.size());
  return Encode(record);
}

std::string EncodeRequest(const RememberedRequest& request) {
  pb::RequestRecord record;
  record.set_id(request.id);
  record.set_number(request.number);
  record.set_operation(static_cast<int32_t>(request.operation));
  record.set_target(request.target);
  fields::ToProto(request.outcome.info, *record.mutable_info());
  record.set_unchanged(request.outcome.unchanged);
  return Encode(record);
}

std::string EncodeStation(const StoredStation& station) {
  pb::StationRecord record;
  fields::ToProto(station.station, *record.mutable_station());
  record.set_revision(station.revision);
  return Encode(record);
}

std::string EncodeDuty(const Duty& duty) {
  pb::DutyRecord record;
  fields::ToProto(duty, record);
  return Encode(record);
}

std::string EncodeFailover(const StoredFailover& failover) {
  pb::FailoverRecord record;
  fields::ToProto(failover.failover, *record.mutable_failover());
  record.set_created(failover.created);
  record.set_finished_number(failover.finished_number);
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
  return Counters{.revision = record.revision(),
                  .request_number = record.request_number(),
                  .finished_number = record.finished_number(),
                  .documents = record.documents(),
                  .kept_revisions = record.kept_revisions()};
}

absl::StatusOr<DocumentInfo> DecodeInfo(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::InfoRecord>(bytes));
  return fields::ToInfo(record);
}

absl::StatusOr<DocumentHead> DecodeHead(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::HeadRecord>(bytes));
  return DocumentHead{
      .latest = fields::ToInfo(record.latest()), .oldest = record.oldest(), .kept = record.kept()};
}

absl::StatusOr<std::string> DecodeContent(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(auto record, Parse<pb::ContentRecord>(bytes));
  return std::move(*record.mutable_zstd_frame());
}

absl::StatusOr<RememberedRequest> DecodeRequest(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::RequestRecord>(bytes));
  return RememberedRequest{
      .id = record.id(),
      .number = record.number(),
      .operation = static_cast<RememberedRequest::Operation>(record.operation()),
      .target = record.target(),
      .outcome = {.info = fields::ToInfo(record.info()), .unchanged = record.unchanged()}};
}

absl::StatusOr<StoredStation> DecodeStation(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::StationRecord>(bytes));
  return StoredStation{.station = fields::ToStation(record.station()),
                       .revision = record.revision()};
}

absl::StatusOr<Duty> DecodeDuty(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::DutyRecord>(bytes));
  return fields::ToDuty(record);
}

absl::StatusOr<StoredFailover> DecodeFailover(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::FailoverRecord>(bytes));
  return StoredFailover{.failover = fields::ToFailover(record.failover()),
                        .created = record.created(),
                        .finished_number = record.finished_number()};
}

}  // namespace understudy::config_vault::storage
