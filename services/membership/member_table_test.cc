#include "services/membership/member_table.h"

#include <gtest/gtest.h>

namespace understudy::membership {
namespace {

TEST(MemberTableTest, CountsByState) {
  MemberTable table(10);
  table.SetState(table.FindOrMake("a"), MemberState::kAlive);
  table.SetState(table.FindOrMake("b"), MemberState::kAlive);
  table.SetState(table.FindOrMake("b"), MemberState::kLeft);
  EXPECT_EQ(table.CountIn(MemberState::kAlive), 1u);
  EXPECT_EQ(table.CountIn(MemberState::kLeft), 1u);
  EXPECT_EQ(table.present(), 1u);
}

TEST(MemberTableTest, FindsBySlotAndBySession) {
  MemberTable table(10);
  Member& member = table.FindOrMake("a");
  member.session_id = (uint64_t{7} << 32) | 3;
  table.SetSlot(member, 3);
  EXPECT_EQ(table.FindBySlot(3), &member);
  EXPECT_EQ(table.FindBySession(member.session_id), &member);
  EXPECT_EQ(table.FindBySession((uint64_t{8} << 32) | 3), nullptr);
  table.SetSlot(member, 4);
  EXPECT_EQ(table.FindBySlot(3), nullptr);
  table.SetSlot(member, kNoSlot);
  EXPECT_EQ(table.FindBySlot(4), nullptr);
}

TEST(MemberTableTest, ForgetsTheLongestGone) {
  MemberTable table(1);
  for (const char* id : {"a", "b", "c"}) table.SetState(table.FindOrMake(id), MemberState::kLeft);
  EXPECT_EQ(table.ForgetOldLeavers(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.members().size(), 1u);
}

TEST(MemberTableTest, DoesNotForgetWhoCameBackOrLeftAnew) {
  MemberTable table(1);
  for (const char* id : {"a", "b"}) table.SetState(table.FindOrMake(id), MemberState::kLeft);
  table.SetState(table.FindOrMake("a"), MemberState::kAlive);
  table.SetState(table.FindOrMake("a"), MemberState::kLeft);
  EXPECT_EQ(table.ForgetOldLeavers(), std::vector<std::string>{"b"});
  EXPECT_NE(table.Find("a"), nullptr);
}

}  // namespace
}  // namespace understudy::membership
