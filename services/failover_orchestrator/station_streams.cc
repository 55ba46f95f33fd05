#include "services/failover_orchestrator/station_streams.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/failover_orchestrator/failover_codec.h"

namespace understudy::failover_orchestrator {

absl::Status StationStreams::Add(const std::string& station_id, std::shared_ptr<Session> session) {
  const auto found = sessions_.find(station_id);
  if (found != sessions_.end()) {
    found->second->Finish(MakeError(absl::StatusCode::kAborted, "REPLACED",
                                    "the station opened another stream",
                                    {{"station_id", station_id}}));
    found->second = std::move(session);
    return absl::OkStatus();
  }
  if (sessions_.size() >= max_stations_) {
    return MakeError(absl::StatusCode::kResourceExhausted, "SITE_FULL",
                     absl::StrCat("expected at most ", max_stations_, " stations"),
                     {{"limit", absl::StrCat(max_stations_)}});
  }
  sessions_.emplace(station_id, std::move(session));
  return absl::OkStatus();
}

bool StationStreams::Remove(const std::string& station_id, const Session* session) {
  if (!IsCurrent(station_id, session)) return false;
  sessions_.erase(station_id);
  return true;
}

bool StationStreams::IsCurrent(const std::string& station_id, const Session* session) const {
  const auto found = sessions_.find(station_id);
  return found != sessions_.end() && found->second.get() == session;
}

void StationStreams::EndAll(const absl::Status& status) {
  for (const auto& [station_id, session] : sessions_) session->Finish(status);
}

bool StationStreams::SendTo(const std::string& station_id, v1::StationOrder order) {
  const auto found = sessions_.find(station_id);
  return found != sessions_.end() && found->second->Send(std::move(order));
}

bool StationStreams::Send(const SendActivate& order) {
  return SendTo(order.station_id, EncodeOrder(order));
}
bool StationStreams::Send(const SendHold& order) {
  return SendTo(order.station_id, EncodeOrder(order));
}
bool StationStreams::Send(const SendStandDown& order) {
  return SendTo(order.station_id, EncodeOrder(order));
}
bool StationStreams::Send(const SendStage& order) {
  return SendTo(order.station_id, EncodeOrder(order));
}
bool StationStreams::Send(const SendUnstage& order) {
  return SendTo(order.station_id, EncodeOrder(order));
}

bool StationStreams::Send(const CollectionPlanner::Collection& order) {
  return SendTo(order.station_id, EncodeOrder(order));
}

}  // namespace understudy::failover_orchestrator
