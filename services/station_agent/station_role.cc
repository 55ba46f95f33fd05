#include "services/station_agent/station_role.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/document/identifiers.h"
#include "common/status/status.h"

namespace understudy::station_agent {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;

Json EncodeDuty(const DutyOrder& duty) {
  Json json = {{"id", duty.duty_id},
               {"epoch", duty.mark.epoch},
               {"assignment_number", duty.mark.number},
               {"document", duty.document},
               {"revision", duty.revision},
               {"strict_fencing", duty.strict_fencing}};
  if (duty.sha256.has_value()) json["sha256"] = Sha256ToHex(*duty.sha256);
  return json;
}

OrderMark DecodeMark(const Json& json) {
  return {json.at("epoch").get<uint64_t>(), json.at("assignment_number").get<uint64_t>()};
}

DutyOrder DecodeDuty(const Json& json) {
  DutyOrder duty;
  duty.duty_id = json.at("id").get<std::string>();
  duty.mark = DecodeMark(json);
  duty.document = json.at("document").get<std::string>();
  duty.revision = json.at("revision").get<uint64_t>();
  duty.strict_fencing = json.at("strict_fencing").get<bool>();
  if (json.contains("sha256")) duty.sha256 = Sha256FromHex(json["sha256"].get<std::string>());
  return duty;
}

StationRole DecodeChecked(const Json& json) {
  StationRole role;
  role.kind = json.at("kind").get<std::string>() == "deployment" ? StationKind::kDeployment
                                                                 : StationKind::kBackup;
  if (json.contains("duty")) role.duty = DecodeDuty(json["duty"]);
  for (const auto& [duty_id, mark] : json.at("marks").items()) {
    NoteMark(role, duty_id, DecodeMark(mark));
  }
  return role;
}

absl::Status BadRoleFile(const std::string& why) {
  return MakeError(absl::StatusCode::kInvalidArgument, "BAD_ROLE_FILE", why);
}

}  // namespace

void NoteMark(StationRole& role, const std::string& duty_id, const OrderMark& mark) {
  OrderMark& known = role.marks[duty_id];
  known = std::max(known, mark);
  if (role.marks.size() <= kMaxMarks) return;
  role.marks.erase(
      std::min_element(role.marks.begin(), role.marks.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; }));
}

std::string EncodeRole(const StationRole& role) {
  Json json = {{"format", kFormat},
               {"kind", role.kind == StationKind::kDeployment ? "deployment" : "backup"},
               {"marks", Json::object()}};
  if (role.duty.has_value()) json["duty"] = EncodeDuty(*role.duty);
  for (const auto& [duty_id, mark] : role.marks) {
    json["marks"][duty_id] = {{"epoch", mark.epoch}, {"assignment_number", mark.number}};
  }
  return json.dump(1) + "\n";
}

absl::StatusOr<StationRole> DecodeRole(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return BadRoleFile("expected a JSON object");
  if (json.value("format", 0) != kFormat) return BadRoleFile("expected format 1");
  try {
    StationRole role = DecodeChecked(json);
    if (role.duty.has_value()) UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(role.duty->duty_id));
    return role;
  } catch (const Json::exception& error) {
    return BadRoleFile(error.what());
  }
}

}  // namespace understudy::station_agent
