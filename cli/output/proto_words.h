#ifndef UNDERSTUDY_CLI_OUTPUT_PROTO_WORDS_H_
#define UNDERSTUDY_CLI_OUTPUT_PROTO_WORDS_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cli/output/table.h"
#include "understudy/config_vault/v1/registry.pb.h"
#include "understudy/membership/v1/membership.pb.h"
#include "understudy/type/v1/capability.pb.h"
#include "understudy/type/v1/station.pb.h"

// Protos' values as words for people.
namespace understudy::cli {

// "VERDICT_SELF_REPORTED" without "VERDICT_": "self-reported"; "unspecified" is "-".
std::string EnumWord(std::string_view name, std::string_view prefix);

std::string KindWord(type::v1::StationKind kind);
std::string VerdictWord(type::v1::Verdict verdict);
std::string FaultWord(type::v1::HealthFault fault);
// With the colour of good or bad news.
Cell MemberStateCell(membership::v1::Member::State state);
Cell FailoverStateCell(config_vault::v1::Failover::State state);
// Why a failover happened: the verdict, "drill" or "leave".
std::string CauseWord(const config_vault::v1::Failover& failover);

absl::Duration ToDuration(const google::protobuf::Duration& duration);
absl::Time ToTime(const google::protobuf::Timestamp& timestamp);
std::map<std::string, uint32_t> ToCounts(const type::v1::CapabilitySet& capabilities);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_OUTPUT_PROTO_WORDS_H_
