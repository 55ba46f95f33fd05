#include "services/station_agent/membership_codec.h"

#include "common/capability/capability_codec.h"
#include "common/config/address_text.h"
#include "common/status/status.h"

namespace understudy::station_agent {
namespace {

namespace wire = membership::v1;

absl::Status BadResponse(std::string_view why) {
  return MakeError(absl::StatusCode::kInternal, "BAD_JOIN_RESPONSE", why);
}

absl::Duration DecodeDuration(const google::protobuf::Duration& message) {
  return absl::Seconds(message.seconds()) + absl::Nanoseconds(message.nanos());
}

void EncodeTime(absl::Time time, google::protobuf::Timestamp* message) {
  const timespec split = absl::ToTimespec(time);
  message->set_seconds(split.tv_sec);
  message->set_nanos(static_cast<int32_t>(split.tv_nsec));
}

// ":7101" is a port of the host of the call.
absl::Status DecodeBeatAddress(const std::string& text, const std::string& membership_host,
                               JoinedSession& session) {
  const bool hostless = text.starts_with(':');
  const auto address = config::ParseAddress(hostless ? "host" + text : text);
  if (!address.has_value() || address->port == 0) {
    return BadResponse("expected host:port of beats, found \"" + text + "\"");
  }
  session.beat_host = hostless ? membership_host : address->host;
  session.beat_port = address->port;
  return absl::OkStatus();
}

}  // namespace

wire::JoinRequest EncodeJoin(const JoinAnnouncement& announcement) {
  wire::JoinRequest request;
  request.set_station_id(announcement.station_id);
  request.set_kind(EncodeKind(announcement.kind));
  *request.mutable_capabilities() = EncodeCapabilitySet(announcement.capabilities);
  request.set_agent_version(announcement.agent_version);
  for (const std::string& address : announcement.addresses) request.add_addresses(address);
  if (announcement.declared_duty.has_value()) {
    auto* duty = request.mutable_declared_duty();
    duty->set_id(announcement.declared_duty->id);
    *duty->mutable_needs() = EncodeCapabilitySet(announcement.declared_duty->needs);
    duty->set_fencing(announcement.declared_duty->strict_fencing
                          ? config_vault::v1::FENCING_STRICT
                          : config_vault::v1::FENCING_OVERLAP);
  }
  return request;
}

absl::StatusOr<JoinedSession> DecodeJoined(const wire::JoinResponse& response,
                                           const std::string& membership_host) {
  JoinedSession session;
  session.id = response.session_id();
  if (session.id == 0) return BadResponse("expected a session, found none");
  const auto key = beat::SessionKey::FromBytes(response.session_key());
  if (!key.has_value()) return BadResponse("expected a key of 32 bytes");
  session.key = *key;
  UNDERSTUDY_RETURN_IF_ERROR(DecodeBeatAddress(response.beat_address(), membership_host, session));
  session.beat_interval = DecodeDuration(response.beat_interval());
  if (session.beat_interval < absl::Milliseconds(1) || session.beat_interval > absl::Hours(1)) {
    return BadResponse("expected a beat interval of 1 ms to 1 h, found " +
                       absl::FormatDuration(session.beat_interval));
  }
  session.missed_beats_limit = response.missed_beats_limit();
  session.lease = DecodeDuration(response.lease());
  session.epoch = response.epoch();
  return session;
}

wire::StationMessage EncodeConverseHello(const std::string& station_id,
                                         const JoinedSession& session) {
  wire::StationMessage message;
  const auto proof = beat::HelloProof(session.key, station_id);
  message.mutable_hello()->set_station_id(station_id);
  message.mutable_hello()->set_session_id(session.id);
  message.mutable_hello()->set_proof(proof.data(), proof.size());
  return message;
}

wire::StationMessage EncodeStreamBeat(uint64_t sequence, uint16_t health) {
  wire::StationMessage message;
  message.mutable_beat()->set_sequence(sequence);
  message.mutable_beat()->set_health(health);
  return message;
}

wire::StationMessage EncodeReport(const StationReport& report) {
  wire::StationMessage message;
  wire::StationReport* encoded = message.mutable_report();
  encoded->set_kind(EncodeKind(report.kind));
  encoded->set_duty_id(report.duty_id);
  *encoded->mutable_indicators() = EncodeIndicators(report.indicators);
  for (const FaultReport& fault : report.faults) {
    wire::FaultReport* added = encoded->add_faults();
    added->set_fault(static_cast<type::v1::HealthFault>(fault.fault));
    added->set_value(fault.value);
    added->set_limit(fault.limit);
    added->set_summary(fault.summary);
  }
  for (const ChildDevice& child : report.children) {
    *encoded->add_children() = EncodeChild(child);
  }
  return message;
}

type::v1::StationKind EncodeKind(StationKind kind) {
  return kind == StationKind::kDeployment ? type::v1::STATION_KIND_DEPLOYMENT
                                          : type::v1::STATION_KIND_BACKUP;
}

type::v1::Indicators EncodeIndicators(const Indicators& indicators) {
  type::v1::Indicators message;
  message.set_cpu_used(indicators.cpu_used);
  message.set_memory_used(indicators.memory_used);
  message.set_disk_used(indicators.disk_used);
  message.set_native_process_alive(indicators.native_process_alive);
  message.set_native_process_memory_bytes(indicators.native_process_memory_bytes);
  return message;
}

type::v1::ChildDevice EncodeChild(const ChildDevice& child) {
  type::v1::ChildDevice message;
  message.set_id(child.id);
  message.set_type(child.type);
  message.set_alive(child.alive);
  EncodeTime(child.changed_at, message.mutable_changed_at());
  return message;
}

}  // namespace understudy::station_agent
