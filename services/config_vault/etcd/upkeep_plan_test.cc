#include "services/config_vault/etcd/upkeep_plan.h"

#include <gtest/gtest.h>

namespace understudy::config_vault::etcd {
namespace {

constexpr UpkeepPolicy kPolicy{
    .kept_revisions = 100, .defragment_from_bytes = 1000, .defragment_from_free = 0.5};

std::optional<MemberStatus> Member(uint64_t id, uint64_t leader, int64_t file, int64_t used) {
  return MemberStatus{
      .header = {.member_id = id}, .file_bytes = file, .used_bytes = used, .leader_id = leader};
}

TEST(UpkeepPlanTest, HistoryBeyondWhatReplicasMayNeedIsForgotten) {
  EXPECT_EQ(PlanCompaction(kPolicy, 1000, 0), 900);
  EXPECT_EQ(PlanCompaction(kPolicy, 1000, 890), 900);
}

TEST(UpkeepPlanTest, LittleHistoryIsLeftAlone) {
  EXPECT_EQ(PlanCompaction(kPolicy, 50, 0), std::nullopt);
  EXPECT_EQ(PlanCompaction(kPolicy, 1000, 895), std::nullopt);
}

TEST(UpkeepPlanTest, OneMemberIsDefragmentedAtATimeFollowersFirst) {
  EXPECT_EQ(PlanDefragmentation(kPolicy, {Member(1, 1, 4000, 100), Member(2, 1, 4000, 1900),
                                          Member(3, 1, 4000, 200)}),
            2u);
  EXPECT_EQ(PlanDefragmentation(kPolicy, {Member(1, 1, 4000, 100), Member(2, 1, 4000, 3900)}), 0u);
}

TEST(UpkeepPlanTest, SmallOrFullFilesAreLeftAlone) {
  EXPECT_EQ(PlanDefragmentation(kPolicy, {Member(1, 1, 900, 10), Member(2, 1, 4000, 3000)}),
            std::nullopt);
}

TEST(UpkeepPlanTest, NothingIsDefragmentedWhileAMemberIsAway) {
  EXPECT_EQ(PlanDefragmentation(kPolicy, {Member(1, 2, 4000, 100), std::nullopt}), std::nullopt);
}

}  // namespace
}  // namespace understudy::config_vault::etcd
