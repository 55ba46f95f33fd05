#include "services/config_vault/etcd/replication_wait.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/status/status.h"

namespace understudy::config_vault::etcd {
namespace {

SteadyTime At(int64_t seconds) { return SteadyTime() + absl::Seconds(seconds); }

class ReplicationWaitTest : public testing::Test {
 protected:
  void Add(int64_t revision, int64_t deadline) {
    wait_.Add(revision, At(deadline), [this, revision](const absl::Status& status) {
      told_.push_back(std::to_string(revision) + (status.ok() ? "" : ErrorReason(status)));
    });
  }

  std::vector<std::string> told_;
  ReplicationWait wait_;
};

TEST_F(ReplicationWaitTest, AnswersWhenAnotherReplicaHasIt) {
  Add(5, 9);
  Add(6, 9);
  Add(8, 9);
  wait_.Reach(4);
  EXPECT_TRUE(told_.empty());
  wait_.Reach(7);
  EXPECT_EQ(told_, (std::vector<std::string>{"5", "6"}));
  // A third node that is behind takes nothing back.
  wait_.Reach(3);
  Add(7, 9);
  EXPECT_EQ(told_.back(), "7");
  EXPECT_EQ(wait_.waiting(), 1u);
}

TEST_F(ReplicationWaitTest, SaysAfterItsTimeThatNobodyElseHasIt) {
  Add(5, 9);
  Add(6, 7);
  wait_.Expire(At(8));
  EXPECT_EQ(told_, (std::vector<std::string>{"6NOT_REPLICATED"}));
  wait_.Expire(At(9));
  EXPECT_EQ(told_.back(), "5NOT_REPLICATED");
}

TEST_F(ReplicationWaitTest, TheEndIsToldToAllAndWhatWasReachedIsForgotten) {
  wait_.Reach(9);
  wait_.End(NotReplicated());
  wait_.Begin();
  Add(5, 9);
  EXPECT_EQ(wait_.waiting(), 1u);
  wait_.End(NotReplicated());
  EXPECT_EQ(told_, (std::vector<std::string>{"5NOT_REPLICATED"}));
}

// A transaction may be under way when the reign ends.
TEST_F(ReplicationWaitTest, TheEndIsToldToThoseWhoComeAfterIt) {
  wait_.Reach(9);
  wait_.End(NotReplicated());
  Add(5, 9);
  EXPECT_EQ(told_, (std::vector<std::string>{"5NOT_REPLICATED"}));
  wait_.Begin();
  wait_.Reach(9);
  Add(6, 9);
  EXPECT_EQ(told_.back(), "6");
}

}  // namespace
}  // namespace understudy::config_vault::etcd
