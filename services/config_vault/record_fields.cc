#include "services/config_vault/record_fields.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace understudy::config_vault::fields {

void ToProto(const Counters& from, records::CountersRecord& to) {
  to.set_revision(from.revision);
  to.set_request_number(from.request_number);
  to.set_finished_number(from.finished_number);
  to.set_documents(from.documents);
  to.set_kept_revisions(from.kept_revisions);
}

Counters ToCounters(const records::CountersRecord& from) {
  return {.revision = from.revision(),
          .request_number = from.request_number(),
          .finished_number = from.finished_number(),
          .documents = from.documents(),
          .kept_revisions = from.kept_revisions()};
}

void ToProto(const DocumentHead& from, records::HeadRecord& to) {
  ToProto(from.latest, *to.mutable_latest());
  to.set_oldest(from.oldest);
  to.set_kept(from.kept);
}

DocumentHead ToHead(const records::HeadRecord& from) {
  return {.latest = ToInfo(from.latest()), .oldest = from.oldest(), .kept = from.kept()};
}

void ToProto(const RememberedRequest& from, records::RequestRecord& to) {
  to.set_id(from.id);
  to.set_number(from.number);
  to.set_operation(static_cast<int32_t>(from.operation));
  to.set_target(from.target);
  ToProto(from.outcome.info, *to.mutable_info());
  to.set_unchanged(from.outcome.unchanged);
}

RememberedRequest ToRequest(const records::RequestRecord& from) {
  return {.id = from.id(),
          .number = from.number(),
          .operation = static_cast<RememberedRequest::Operation>(from.operation()),
          .target = from.target(),
          .outcome = {.info = ToInfo(from.info()), .unchanged = from.unchanged()}};
}

void ToProto(const StoredStation& from, records::StationRecord& to) {
  ToProto(from.station, *to.mutable_station());
  to.set_revision(from.revision);
}

StoredStation ToStoredStation(const records::StationRecord& from) {
  return {.station = ToStation(from.station()), .revision = from.revision()};
}

void ToProto(const StoredFailover& from, records::FailoverRecord& to) {
  ToProto(from.failover, *to.mutable_failover());
  to.set_created(from.created);
  to.set_finished_number(from.finished_number);
}

StoredFailover ToStoredFailover(const records::FailoverRecord& from) {
  return {.failover = ToFailover(from.failover()),
          .created = from.created(),
          .finished_number = from.finished_number()};
}

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

}  // namespace understudy::config_vault::fields
