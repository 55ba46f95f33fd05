#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_ORDERS_CODEC_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_ORDERS_CODEC_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "services/station_agent/duty_core.h"
#include "services/station_agent/station_types.h"
#include "understudy/failover_orchestrator/v1/station_orders.pb.h"

namespace understudy::station_agent {

// The orchestrator's orders in our own words.
struct StageOrder {
  KeptDocument wanted;
};
struct UnstageOrder {
  std::string duty_id;
};
struct ActivateOrder {
  DutyOrder order;
};
struct HoldOrder {
  DutyOrder order;
};
struct StandDownOrder {
  std::string duty_id;
  OrderMark mark;
  std::string reason;
};
struct CollectOrder {
  std::string duty_id;
};
using StationOrder = std::variant<StageOrder, UnstageOrder, ActivateOrder, HoldOrder,
                                  StandDownOrder, CollectOrder>;

// INVALID_ARGUMENT INVALID_ORDER: an identifier, name or hash is not one, or the kind is unknown.
absl::StatusOr<StationOrder> DecodeOrder(const failover_orchestrator::v1::StationOrder& message);

// For metrics: "stage", "unstage", "activate", "hold", "stand_down", "collect".
std::string KindName(const StationOrder& order);

// What the station says of itself when it attaches.
struct AttendHello {
  std::string station_id;
  uint64_t session_id = 0;
  std::optional<DutyOrder> holding;
  std::vector<KeptDocument> staged;
  // A change of the held duty's document waits to be collected.
  bool change_waits = false;
};
failover_orchestrator::v1::StationReply EncodeHello(const AttendHello& hello);

// Nothing for actions that are no replies.
std::optional<failover_orchestrator::v1::StationReply> EncodeReply(const DutyAction& action);

// What the station says of changes that the root collects.
struct ChangeWaits {
  std::string duty_id;
};
struct Collected {
  std::string duty_id;
  uint64_t revision = 0;
  // Why it could not be uploaded; empty where it was.
  std::string error;
};
using SyncReply = std::variant<ChangeWaits, Collected>;
failover_orchestrator::v1::StationReply EncodeSyncReply(const SyncReply& reply);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_ORDERS_CODEC_H_
