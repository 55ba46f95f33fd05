#include "services/config_vault/role_feed.h"

#include <gtest/gtest.h>

#include <vector>

namespace understudy::config_vault {
namespace {

const RoleState kSentinel{
    .role = Role::kSentinel, .epoch = 3, .root = "control-1", .root_addresses = {.vault = "a:1"}};
const RoleState kRoot{.role = Role::kRoot, .epoch = 4, .root = "control-2"};

TEST(RoleFeedTest, TellsTheCurrentStateAtOnceAndThenEachChange) {
  RoleFeed feed(kSentinel);
  std::vector<RoleState> told;
  feed.Subscribe([&](const RoleState& state) { told.push_back(state); });
  feed.Publish(kRoot);
  EXPECT_EQ(told, (std::vector<RoleState>{kSentinel, kRoot}));
  EXPECT_EQ(feed.current(), kRoot);
}

TEST(RoleFeedTest, SaysNothingWhenNothingHasChanged) {
  RoleFeed feed(kSentinel);
  int calls = 0;
  feed.Subscribe([&](const RoleState&) { ++calls; });
  feed.Publish(kSentinel);
  EXPECT_EQ(calls, 1);
}

TEST(RoleFeedTest, RepeatsTheStateToThoseWhoAskedForThat) {
  RoleFeed feed(kSentinel);
  int calls = 0;
  int repeated_calls = 0;
  feed.Subscribe([&](const RoleState&) { ++calls; });
  feed.SubscribeRepeated([&](const RoleState&) { ++repeated_calls; });
  feed.Repeat();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(repeated_calls, 2);
}

TEST(RoleFeedTest, IsSilentAfterUnsubscribe) {
  RoleFeed feed(kSentinel);
  int calls = 0;
  const auto id = feed.Subscribe([&](const RoleState&) { ++calls; });
  feed.Unsubscribe(id);
  feed.Publish(kRoot);
  EXPECT_NE(id, 0u);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace understudy::config_vault
