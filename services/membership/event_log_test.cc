#include "services/membership/event_log.h"

#include <gtest/gtest.h>

namespace understudy::membership {
namespace {

Member Named(const std::string& id) {
  Member member;
  member.record.id = id;
  return member;
}

TEST(EventLogTest, NumbersEventsFromOneWithoutGaps) {
  EventLog log(10);
  EXPECT_EQ(log.revision(), 0u);
  EXPECT_EQ(log.Append(ChangeReason::kJoined, Named("a")).revision, 1u);
  EXPECT_EQ(log.Append(ChangeReason::kFailed, Named("a")).revision, 2u);
  EXPECT_EQ(log.revision(), 2u);
}

TEST(EventLogTest, KeepsTheMemberAsItWas) {
  EventLog log(10);
  Member member = Named("a");
  const Event event = log.Append(ChangeReason::kJoined, member);
  member.duty_id = "gate";
  EXPECT_EQ(event.member->duty_id, "");
}

TEST(EventLogTest, GivesWhatCameAfterARevision) {
  EventLog log(10);
  for (const char* id : {"a", "b", "c"}) log.Append(ChangeReason::kJoined, Named(id));
  const auto events = log.After(1);
  ASSERT_TRUE(events.has_value());
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].member->id(), "b");
  EXPECT_EQ((*events)[1].revision, 3u);
  EXPECT_TRUE(log.After(3)->empty());
}

TEST(EventLogTest, SaysWhenSomethingIsForgottenOrHasNotHappened) {
  EventLog log(2);
  for (const char* id : {"a", "b", "c"}) log.Append(ChangeReason::kJoined, Named(id));
  EXPECT_FALSE(log.After(0).has_value());
  EXPECT_TRUE(log.After(1).has_value());
  EXPECT_FALSE(log.After(4).has_value());
}

}  // namespace
}  // namespace understudy::membership
