#include "cli/output/proto_words.h"

#include <cctype>

namespace understudy::cli {

std::string EnumWord(std::string_view name, std::string_view prefix) {
  if (name.substr(0, prefix.size()) == prefix) name.remove_prefix(prefix.size());
  std::string word;
  for (const char letter : name) {
    word +=
        letter == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return word.empty() || word == "unspecified" ? "-" : word;
}

std::string KindWord(type::v1::StationKind kind) {
  return EnumWord(type::v1::StationKind_Name(kind), "STATION_KIND_");
}

std::string VerdictWord(type::v1::Verdict verdict) {
  return EnumWord(type::v1::Verdict_Name(verdict), "VERDICT_");
}

std::string FaultWord(type::v1::HealthFault fault) {
  return EnumWord(type::v1::HealthFault_Name(fault), "HEALTH_FAULT_");
}

Cell MemberStateCell(membership::v1::Member::State state) {
  using membership::v1::Member;
  const std::string word = EnumWord(Member::State_Name(state), "STATE_");
  switch (state) {
    case Member::STATE_ALIVE:
      return {word, Color::kGreen};
    case Member::STATE_FAILED:
      return {word, Color::kRed};
    case Member::STATE_EXPECTED:
      return {word, Color::kYellow};
    default:
      return {word, Color::kDim};
  }
}

Cell FailoverStateCell(config_vault::v1::Failover::State state) {
  using config_vault::v1::Failover;
  const std::string word = EnumWord(Failover::State_Name(state), "STATE_");
  switch (state) {
    case Failover::STATE_DONE:
      return {word, Color::kGreen};
    case Failover::STATE_WAITING:
      return {word, Color::kRed};
    case Failover::STATE_CLAIMED:
      return {word, Color::kYellow};
    default:
      return {word, Color::kDim};
  }
}

std::string CauseWord(const config_vault::v1::Failover& failover) {
  if (failover.drill()) return "drill";
  if (failover.leave()) return "leave";
  return VerdictWord(failover.verdict());
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::map<std::string, uint32_t> ToCounts(const type::v1::CapabilitySet& capabilities) {
  return {capabilities.counts().begin(), capabilities.counts().end()};
}

}  // namespace understudy::cli
