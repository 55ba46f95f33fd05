#include "cli/demo/narrator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/local_fleet/wait.h"

namespace understudy::cli {
namespace {

using config_vault::v1::Failover;
using membership::v1::Member;
using membership::v1::MemberChanged;

Member Gate() {
  Member member;
  member.set_station_id("gate-1");
  member.set_kind(type::v1::STATION_KIND_DEPLOYMENT);
  member.set_duty_id("gate");
  return member;
}

TEST(NarratorTest, TellsAVerdictWithItsEvidence) {
  Member member = Gate();
  member.set_verdict(type::v1::VERDICT_CRASHED);
  member.mutable_evidence()->set_summary("3 beats missed");
  EXPECT_EQ(MemberNews(Gate(), member, MemberChanged::REASON_FAILED),
            "verdict on gate-1: crashed (3 beats missed)");
}

TEST(NarratorTest, TellsOfReportsOnlyThatTheRoleChanged) {
  Member member = Gate();
  member.mutable_indicators()->set_cpu_used(0.5);
  EXPECT_EQ(MemberNews(Gate(), member, MemberChanged::REASON_REPORTED), "");
  member.clear_duty_id();
  EXPECT_EQ(MemberNews(Gate(), member, MemberChanged::REASON_REPORTED),
            "gate-1 has stood down from gate");
  member.set_kind(type::v1::STATION_KIND_BACKUP);
  EXPECT_EQ(MemberNews(Gate(), member, MemberChanged::REASON_REPORTED),
            "gate-1 is a backup station now");
  EXPECT_EQ(MemberNews(std::nullopt, member, MemberChanged::REASON_REPORTED), "");
}

TEST(NarratorTest, TellsEachThingOfAFailoverOnce) {
  std::ostringstream out;
  Timeline timeline(out, Painter(false), SteadyNow());
  Narrator narrator(timeline);
  Failover failover;
  failover.set_id("gate-1");
  failover.set_duty_id("gate");
  failover.set_to_station("spare-2");
  failover.set_state(Failover::STATE_CLAIMED);
  narrator.OnFailover(failover);
  narrator.OnFailover(failover);
  const std::string told = out.str();
  EXPECT_NE(told.find("failover-orchestrator duty gate is claimed for spare-2\n"),
            std::string::npos)
      << told;
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1);
}

TEST(TimelineTest, ShowsTimeThenWhoThenWhat) {
  EXPECT_EQ(TimelineLine(absl::Milliseconds(12'345), "demo", "kill\n"),
            "  12.345 s  demo                  kill\\x0a");
}

}  // namespace
}  // namespace understudy::cli
