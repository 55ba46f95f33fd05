#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_PROTO_FIELDS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_PROTO_FIELDS_H_

#include <string>
#include <utility>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/config_vault/document.h"
#include "services/config_vault/registry_records.h"

// Field by field between the vault's types and messages. The wire's and the disk's messages are of
// different packages and may part, but today they name their fields alike, so each copy is written
// once, as a template over the message. Where they part, the copy for one of them is written apart;
// a field that one of them lacks does not compile.
namespace understudy::config_vault::fields {

// Out of range for a Timestamp or a Duration is clamped to what it can say.
void SetTime(absl::Time time, google::protobuf::Timestamp& to);
absl::Time ToTime(const google::protobuf::Timestamp& from);
void SetDuration(absl::Duration duration, google::protobuf::Duration& to);
absl::Duration ToDuration(const google::protobuf::Duration& from);
std::string DigestBytes(const DocumentInfo& info);
// All zero when `bytes` is no digest.
Sha256 DigestFrom(const std::string& bytes);

// The age of the data goes into the answer to a stale read, where it is known.
template <typename Response>
void SetDataAge(absl::Duration data_age, Response& response) {
  if (data_age < absl::InfiniteDuration()) SetDuration(data_age, *response.mutable_data_age());
}

template <typename Proto>
void ToProto(const DocumentInfo& from, Proto& to) {
  to.set_name(from.name);
  to.set_revision(from.revision);
  to.set_sha256(DigestBytes(from));
  to.set_size(from.size);
  to.set_content_type(from.content_type);
  to.set_author(from.author);
  SetTime(from.time, *to.mutable_time());
  to.set_deleted(from.deleted);
  to.set_comment(from.comment);
}

template <typename Proto>
DocumentInfo ToInfo(const Proto& from) {
  return {.name = from.name(),
          .revision = from.revision(),
          .sha256 = DigestFrom(from.sha256()),
          .size = from.size(),
          .content_type = from.content_type(),
          .author = from.author(),
          .time = ToTime(from.time()),
          .deleted = from.deleted(),
          .comment = from.comment()};
}

template <typename Proto>
void CapabilitiesToProto(const Capabilities& from, Proto& to) {
  for (const auto& [name, count] : from) (*to.mutable_counts())[name] = count;
}

template <typename Proto>
Capabilities ToCapabilities(const Proto& from) {
  return Capabilities(from.counts().begin(), from.counts().end());
}

template <typename Proto>
void ToProto(const DutyDeclaration& from, Proto& to) {
  to.set_id(from.id);
  CapabilitiesToProto(from.needs, *to.mutable_needs());
  to.set_fencing(static_cast<decltype(to.fencing())>(from.fencing));
}

template <typename Proto>
DutyDeclaration ToDeclaration(const Proto& from) {
  return {.id = from.id(),
          .needs = ToCapabilities(from.needs()),
          .fencing = static_cast<Fencing>(from.fencing())};
}

template <typename Proto>
void ToProto(const Station& from, Proto& to) {
  to.set_id(from.id);
  to.set_kind(static_cast<decltype(to.kind())>(from.kind));
  CapabilitiesToProto(from.capabilities, *to.mutable_capabilities());
  to.set_agent_version(from.agent_version);
  for (const std::string& address : from.addresses) to.add_addresses(address);
  if (from.declared_duty.has_value()) ToProto(*from.declared_duty, *to.mutable_declared_duty());
  if (from.joined_at.has_value()) SetTime(*from.joined_at, *to.mutable_joined_at());
  to.set_has_left(from.has_left);
}

template <typename Proto>
Station ToStation(const Proto& from) {
  Station to{.id = from.id(),
             .kind = static_cast<int32_t>(from.kind()),
             .capabilities = ToCapabilities(from.capabilities()),
             .agent_version = from.agent_version(),
             .addresses = {from.addresses().begin(), from.addresses().end()},
             .has_left = from.has_left()};
  if (from.has_declared_duty()) to.declared_duty = ToDeclaration(from.declared_duty());
  if (from.has_joined_at()) to.joined_at = ToTime(from.joined_at());
  return to;
}

template <typename Proto>
void ToProto(const Assignment& from, Proto& to) {
  to.set_duty_id(from.duty_id);
  to.set_station_id(from.station_id);
  to.set_number(from.number);
  to.set_epoch(from.epoch);
  to.set_state(static_cast<decltype(to.state())>(from.state));
  if (from.changed_at.has_value()) SetTime(*from.changed_at, *to.mutable_changed_at());
}

template <typename Proto>
Assignment ToAssignment(const Proto& from) {
  Assignment to{.duty_id = from.duty_id(),
                .station_id = from.station_id(),
                .number = from.number(),
                .epoch = from.epoch(),
                .state = static_cast<AssignmentState>(from.state())};
  if (from.has_changed_at()) to.changed_at = ToTime(from.changed_at());
  return to;
}

template <typename Proto>
void ToProto(const Duty& from, Proto& to) {
  to.set_id(from.id);
  CapabilitiesToProto(from.needs, *to.mutable_needs());
  to.set_fencing(static_cast<decltype(to.fencing())>(from.fencing));
  to.set_document(from.document);
  ToProto(from.assignment, *to.mutable_assignment());
}

template <typename Proto>
Duty ToDuty(const Proto& from) {
  return {.id = from.id(),
          .needs = ToCapabilities(from.needs()),
          .fencing = static_cast<Fencing>(from.fencing()),
          .document = from.document(),
          .assignment = ToAssignment(from.assignment())};
}

template <typename Proto>
void ToProto(const Evidence& from, Proto& to) {
  to.set_missed_beats(from.missed_beats);
  if (from.silent_for.has_value()) SetDuration(*from.silent_for, *to.mutable_silent_for());
  to.set_stream_open(from.stream_open);
  using Fault = std::decay_t<decltype(to.faults(0))>;
  for (const int32_t fault : from.faults) to.add_faults(static_cast<Fault>(fault));
  to.set_summary(from.summary);
}

template <typename Proto>
Evidence ToEvidence(const Proto& from) {
  Evidence to{.missed_beats = from.missed_beats(),
              .stream_open = from.stream_open(),
              .faults = {from.faults().begin(), from.faults().end()},
              .summary = from.summary()};
  if (from.has_silent_for()) to.silent_for = ToDuration(from.silent_for());
  return to;
}

template <typename Proto>
void ToProto(const StageTimes& from, Proto& to) {
  if (from.detect.has_value()) SetDuration(*from.detect, *to.mutable_detect());
  if (from.decide.has_value()) SetDuration(*from.decide, *to.mutable_decide());
  if (from.fence.has_value()) SetDuration(*from.fence, *to.mutable_fence());
  if (from.claim.has_value()) SetDuration(*from.claim, *to.mutable_claim());
  if (from.activate.has_value()) SetDuration(*from.activate, *to.mutable_activate());
  if (from.running.has_value()) SetDuration(*from.running, *to.mutable_running());
  if (from.recovery.has_value()) SetDuration(*from.recovery, *to.mutable_recovery());
}

template <typename Proto>
StageTimes ToStageTimes(const Proto& from) {
  StageTimes to;
  if (from.has_detect()) to.detect = ToDuration(from.detect());
  if (from.has_decide()) to.decide = ToDuration(from.decide());
  if (from.has_fence()) to.fence = ToDuration(from.fence());
  if (from.has_claim()) to.claim = ToDuration(from.claim());
  if (from.has_activate()) to.activate = ToDuration(from.activate());
  if (from.has_running()) to.running = ToDuration(from.running());
  if (from.has_recovery()) to.recovery = ToDuration(from.recovery());
  return to;
}

template <typename Proto>
void ToProto(const Failover& from, Proto& to) {
  to.set_id(from.id);
  to.set_duty_id(from.duty_id);
  to.set_from_station(from.from_station);
  to.set_to_station(from.to_station);
  to.set_verdict(static_cast<decltype(to.verdict())>(from.verdict));
  if (from.evidence.has_value()) ToProto(*from.evidence, *to.mutable_evidence());
  to.set_drill(from.drill);
  to.set_leave(from.leave);
  to.set_state(static_cast<decltype(to.state())>(from.state));
  to.set_assignment_number(from.assignment_number);
  to.set_document_revision(from.document_revision);
  to.set_document_sha256(from.document_sha256);
  to.set_running_sha256(from.running_sha256);
  if (from.stages.has_value()) ToProto(*from.stages, *to.mutable_stages());
  for (const std::string& station : from.abandoned_stations) to.add_abandoned_stations(station);
  if (from.verdict_at.has_value()) SetTime(*from.verdict_at, *to.mutable_verdict_at());
  if (from.finished_at.has_value()) SetTime(*from.finished_at, *to.mutable_finished_at());
  to.set_note(from.note);
}

template <typename Proto>
Failover ToFailover(const Proto& from) {
  Failover to{
      .id = from.id(),
      .duty_id = from.duty_id(),
      .from_station = from.from_station(),
      .to_station = from.to_station(),
      .verdict = static_cast<int32_t>(from.verdict()),
      .drill = from.drill(),
      .leave = from.leave(),
      .state = static_cast<FailoverState>(from.state()),
      .assignment_number = from.assignment_number(),
      .document_revision = from.document_revision(),
      .document_sha256 = from.document_sha256(),
      .running_sha256 = from.running_sha256(),
      .abandoned_stations = {from.abandoned_stations().begin(), from.abandoned_stations().end()},
      .note = from.note()};
  if (from.has_evidence()) to.evidence = ToEvidence(from.evidence());
  if (from.has_stages()) to.stages = ToStageTimes(from.stages());
  if (from.has_verdict_at()) to.verdict_at = ToTime(from.verdict_at());
  if (from.has_finished_at()) to.finished_at = ToTime(from.finished_at());
  return to;
}

}  // namespace understudy::config_vault::fields

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_PROTO_FIELDS_H_
