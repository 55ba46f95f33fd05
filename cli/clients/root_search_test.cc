#include "cli/clients/root_search.h"

#include <gtest/gtest.h>

#include "common/control_nodes/root_redirect.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

absl::Status Unreachable(const std::string& who) {
  return MakeError(absl::StatusCode::kUnavailable, "NOT_REACHABLE", who + " cannot be reached");
}

class RootSearchTest : public testing::Test {
 protected:
  Random random_{1};
  RootSearch alone_{{{.vault = "a:2"}}, &ControlNode::vault};
  RootSearch three_{{{.vault = "a:2"}, {.vault = "b:2"}, {.vault = "c:2"}}, &ControlNode::vault};
};

TEST_F(RootSearchTest, TheOnlyNodesErrorIsTheEnd) {
  EXPECT_FALSE(alone_.MeansElsewhere(Unreachable("a")));
  EXPECT_FALSE(alone_.MeansElsewhere(MakeNotRootError("no")));
  EXPECT_EQ(alone_.Patience(absl::Seconds(5)), absl::Seconds(5));
}

TEST_F(RootSearchTest, OtherErrorsAreAnswers) {
  EXPECT_TRUE(three_.MeansElsewhere(Unreachable("a")));
  EXPECT_TRUE(three_.MeansElsewhere(MakeNotRootError("no")));
  EXPECT_FALSE(three_.MeansElsewhere(absl::OkStatus()));
  EXPECT_FALSE(three_.MeansElsewhere(
      MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR", "the disk is broken")));
}

TEST_F(RootSearchTest, LeavesTimeForTheOthers) {
  EXPECT_EQ(three_.Patience(absl::Seconds(6)), absl::Milliseconds(250));
  EXPECT_EQ(three_.Patience(absl::Milliseconds(200)), absl::Milliseconds(200));
}

TEST_F(RootSearchTest, GivesThoseWhoAreSlowMoreTimeEachTimeNobodyAnswers) {
  for (int i = 0; i < 2; ++i) three_.OnElsewhere(Unreachable("x"), random_);
  EXPECT_EQ(three_.Patience(absl::Seconds(6)), absl::Seconds(1));
  three_.OnElsewhere(MakeNotRootError("no"), random_);
  EXPECT_EQ(three_.Patience(absl::Seconds(6)), absl::Seconds(1)) << "it has answered";
  for (int i = 0; i < 9; ++i) three_.OnElsewhere(Unreachable("x"), random_);
  EXPECT_EQ(three_.Patience(absl::Seconds(6)), absl::Seconds(2)) << "a third of what is left";
  EXPECT_EQ(three_.Patience(absl::Seconds(2)), absl::Seconds(1)) << "but enough for an answer";
  three_.OnAnswer();
  EXPECT_EQ(three_.Patience(absl::Seconds(6)), absl::Milliseconds(250));
}

TEST_F(RootSearchTest, BeginsWhereTheLastAnswerCameFrom) {
  three_.OnElsewhere(MakeNotRootError("no", {.epoch = 3, .addresses = {.vault = "c:2"}}), random_);
  EXPECT_EQ(three_.address(), "c:2");
  three_.OnAnswer();
  RootSearch next = three_;
  EXPECT_EQ(next.address(), "c:2");
}

TEST_F(RootSearchTest, TellsWhatEachNodeSaidWhenItGivesUp) {
  three_.OnElsewhere(Unreachable("the vault at a:2"), random_);
  three_.OnElsewhere(MakeNotRootError("there is no root now"), random_);
  const absl::Status status = three_.GiveUp();
  EXPECT_EQ(ErrorReason(status), "NO_ROOT");
  EXPECT_EQ(status.message(),
            "no control node is root: a:2 says the vault at a:2 cannot be reached; "
            "b:2 says there is no root now");
}

}  // namespace
}  // namespace understudy::cli
