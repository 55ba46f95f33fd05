#include "common/control_nodes/root_redirect.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy {
namespace {

const RootRedirect kRoot = {.epoch = 17,
                            .node_id = "control-2",
                            .addresses = {"10.0.0.2:7102", "10.0.0.2:7101", "10.0.0.2:7103"}};

TEST(RootRedirectTest, ReadsWhatItWrote) {
  const absl::Status status = MakeNotRootError("not here", kRoot);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(status), "NOT_ROOT");
  EXPECT_EQ(RedirectOf(status), kRoot);
}

TEST(RootRedirectTest, SaysNothingThatIsNotKnown) {
  const absl::Status status = MakeNotRootError("between roots");
  EXPECT_TRUE(ErrorMetadata(status).empty());
  EXPECT_EQ(RedirectOf(status), RootRedirect());
}

TEST(RootRedirectTest, OtherErrorsAreNoRedirects) {
  EXPECT_FALSE(RedirectOf(absl::UnavailableError("broken")).has_value());
  EXPECT_FALSE(RedirectOf(MakeError(absl::StatusCode::kAborted, "REPLACED", "x")).has_value());
  EXPECT_FALSE(RedirectOf(absl::OkStatus()).has_value());
}

TEST(RootRedirectTest, WhatMakesNoSenseIsNotKnown) {
  const absl::Status status = MakeError(
      absl::StatusCode::kUnavailable, "NOT_ROOT", "x",
      {{"epoch", "-4"}, {"vault", "nowhere"}, {"membership", "a:0"}, {"orchestrator", "a:7"}});
  EXPECT_EQ(RedirectOf(status), (RootRedirect{.addresses = {.orchestrator = "a:7"}}));
}

}  // namespace
}  // namespace understudy
