#include "cli/demo/narrator.h"

#include "absl/strings/str_cat.h"
#include "cli/output/proto_words.h"
#include "cli/verbs/failover_table.h"

namespace understudy::cli {
namespace {

using config_vault::v1::Failover;
using membership::v1::Member;
using membership::v1::MemberChanged;

std::string RoleNews(const Member& before, const Member& now) {
  if (before.kind() != now.kind()) {
    return absl::StrCat(now.station_id(), " is a ", KindWord(now.kind()), " station now");
  }
  if (before.duty_id() != now.duty_id() && now.duty_id().empty()) {
    return absl::StrCat(now.station_id(), " has stood down from ", before.duty_id());
  }
  return "";
}

Color MemberColor(MemberChanged::Reason reason) {
  switch (reason) {
    case MemberChanged::REASON_FAILED:
      return Color::kRed;
    case MemberChanged::REASON_JOINED:
    case MemberChanged::REASON_RECOVERED:
      return Color::kGreen;
    default:
      return Color::kPlain;
  }
}

}  // namespace

std::string MemberNews(const std::optional<Member>& before, const Member& now,
                       MemberChanged::Reason reason) {
  const std::string& station = now.station_id();
  switch (reason) {
    case MemberChanged::REASON_FAILED:
      return absl::StrCat("verdict on ", station, ": ", VerdictWord(now.verdict()), " (",
                          now.evidence().summary(), ")");
    case MemberChanged::REASON_LEFT:
      return station + " has left the site";
    case MemberChanged::REASON_JOINED:
      return absl::StrCat(station, " has joined as a ", KindWord(now.kind()), " station");
    case MemberChanged::REASON_RECOVERED:
      return station + " is well again";
    case MemberChanged::REASON_REPORTED:
      return before.has_value() ? RoleNews(*before, now) : "";
    default:
      return "";
  }
}

std::string FailoverNews(const Failover& failover) {
  switch (failover.state()) {
    case Failover::STATE_WAITING:
      return absl::StrCat("duty ", failover.duty_id(),
                          " waits: ", failover.note().empty() ? "no backup fits" : failover.note());
    case Failover::STATE_CLAIMED:
      return absl::StrCat("duty ", failover.duty_id(), " is claimed for ", failover.to_station());
    case Failover::STATE_DONE:
      return absl::StrCat(failover.to_station(), " runs ", failover.duty_id(), ": ",
                          StagesText(failover.stages()));
    case Failover::STATE_CANCELLED:
      return absl::StrCat("the failover of ", failover.duty_id(), " is cancelled");
    default:
      return "";
  }
}

void Narrator::OnMember(const std::optional<Member>& before, const Member& now,
                        MemberChanged::Reason reason) {
  const std::string news = MemberNews(before, now, reason);
  if (!news.empty()) timeline_.Say("membership", news, MemberColor(reason));
}

void Narrator::OnFailover(const Failover& failover) {
  const std::string news = FailoverNews(failover);
  std::string& told = told_[failover.id()];
  if (news.empty() || news == told) return;
  told = news;
  timeline_.Say("failover-orchestrator", news, FailoverStateCell(failover.state()).color);
}

}  // namespace understudy::cli
