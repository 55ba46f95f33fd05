#include "services/config_vault/change_feed.h"

#include <gtest/gtest.h>

namespace understudy::config_vault {
namespace {

DocumentInfo Change(Revision revision) { return {.name = "a", .revision = revision}; }

std::vector<Revision> Revisions(const ChangeFeed::Recent& recent) {
  std::vector<Revision> revisions;
  for (const DocumentInfo& info : recent.changes) revisions.push_back(info.revision);
  return revisions;
}

TEST(ChangeFeedTest, HasTheChangesAfterARevision) {
  ChangeFeed feed(10, 100);
  feed.Publish({Change(11), Change(13)}, 14);
  EXPECT_EQ(Revisions(*feed.ReadRecent(10, 9)), (std::vector<Revision>{11, 13}));
  EXPECT_EQ(Revisions(*feed.ReadRecent(11, 9)), (std::vector<Revision>{13}));
  EXPECT_EQ(feed.ReadRecent(11, 9)->up_to, 14u);
  EXPECT_EQ(feed.revision(), 14u);
}

TEST(ChangeFeedTest, APieceSaysHowFarItGoes) {
  ChangeFeed feed(0, 100);
  feed.Publish({Change(1), Change(2), Change(3)}, 5);
  EXPECT_EQ(feed.ReadRecent(0, 2)->up_to, 2u);
  EXPECT_EQ(feed.ReadRecent(0, 3)->up_to, 5u);
  EXPECT_EQ(feed.ReadRecent(5, 3)->up_to, 5u);
}

TEST(ChangeFeedTest, WhatIsOlderMustBeReadFromTheStore) {
  ChangeFeed feed(10, 2);
  EXPECT_FALSE(feed.ReadRecent(9, 9).has_value());
  feed.Publish({Change(11), Change(12), Change(13)}, 13);
  EXPECT_FALSE(feed.ReadRecent(10, 9).has_value());
  EXPECT_EQ(Revisions(*feed.ReadRecent(11, 9)), (std::vector<Revision>{12, 13}));
}

TEST(ChangeFeedTest, WakesItsSubscribersUntilTheyLeave) {
  ChangeFeed feed(0, 2);
  int woken = 0;
  const auto id = feed.Subscribe([&] { ++woken; });
  feed.Publish({Change(1)}, 1);
  feed.Publish({}, 2);
  EXPECT_EQ(woken, 2);
  feed.Unsubscribe(id);
  feed.Publish({Change(3)}, 3);
  EXPECT_EQ(woken, 2);
}

TEST(ChangeFeedTest, WakesItsSubscribersWhenToldToAndOnlyForNews) {
  ChangeFeed feed(0, 2);
  int woken = 0;
  feed.Subscribe([&] { ++woken; });
  feed.Add({Change(1)}, 1);
  EXPECT_EQ(feed.revision(), 1u);
  EXPECT_EQ(woken, 0);
  feed.Wake();
  feed.Wake();
  EXPECT_EQ(woken, 1);
}

TEST(ChangeFeedTest, AfterARestartNothingBeforeItIsAtHand) {
  ChangeFeed feed(0, 100);
  feed.Publish({Change(1)}, 1);
  feed.Restart(2);
  EXPECT_FALSE(feed.ReadRecent(1, 9).has_value());
  feed.Publish({Change(3)}, 3);
  EXPECT_EQ(Revisions(*feed.ReadRecent(2, 9)), (std::vector<Revision>{3}));
}

}  // namespace
}  // namespace understudy::config_vault
