#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_MEMBERSHIP_CODEC_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_MEMBERSHIP_CODEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/station_agent/membership_session.h"
#include "understudy/membership/v1/membership.pb.h"

namespace understudy::station_agent {

membership::v1::JoinRequest EncodeJoin(const JoinAnnouncement& announcement);
// INTERNAL BAD_JOIN_RESPONSE: without a session, or with a key, address or interval that is none.
// `sent_at` is left to the caller.
absl::StatusOr<JoinedSession> DecodeJoined(const membership::v1::JoinResponse& response,
                                           const std::string& membership_host);

membership::v1::StationMessage EncodeConverseHello(const std::string& station_id,
                                                   const JoinedSession& session);
membership::v1::StationMessage EncodeStreamBeat(uint64_t sequence, uint16_t health);
membership::v1::StationMessage EncodeReport(const StationReport& report);

// Shared with the agent's own service.
type::v1::StationKind EncodeKind(StationKind kind);
type::v1::Indicators EncodeIndicators(const Indicators& indicators);
type::v1::ChildDevice EncodeChild(const ChildDevice& child);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_MEMBERSHIP_CODEC_H_
