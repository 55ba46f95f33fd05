#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_STATION_ROLE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_STATION_ROLE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/station_agent/station_types.h"

namespace understudy::station_agent {

// What the station is to the site, and must still be after a restart.
struct StationRole {
  StationKind kind = StationKind::kBackup;
  // The duty that it holds, if any.
  std::optional<DutyOrder> duty;
  // The newest order seen for each duty; older ones are refused. At most kMaxMarks, the most
  // recently decided.
  std::map<std::string, OrderMark> marks;

  friend bool operator==(const StationRole&, const StationRole&) = default;
};

inline constexpr size_t kMaxMarks = 1024;

// Notes the mark unless a newer one is known, within the bound.
void NoteMark(StationRole& role, const std::string& duty_id, const OrderMark& mark);

// As JSON, for the file. INVALID_ARGUMENT BAD_ROLE_FILE.
std::string EncodeRole(const StationRole& role);
absl::StatusOr<StationRole> DecodeRole(std::string_view json);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_STATION_ROLE_H_
