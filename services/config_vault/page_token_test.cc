#include "services/config_vault/page_token.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

TEST(PageTokenTest, GivesThePositionBackToItsOwnListing) {
  const std::string token = MakePageToken("history/a", "17");
  EXPECT_EQ(*ReadPageToken("history/a", token), "17");
}

TEST(PageTokenTest, IsRefusedByAnotherListing) {
  const std::string token = MakePageToken("history/a", "17");
  const absl::Status status = ReadPageToken("history/b", token).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(status), "INVALID_PAGE_TOKEN");
}

TEST(PageTokenTest, IsRefusedWhenMadeUpOrDamaged) {
  std::string token = MakePageToken("history/a", "17");
  token.back() = token.back() == 'A' ? 'B' : 'A';
  for (const std::string& bad :
       {token, std::string("17"), std::string("!?"), std::string(), std::string(5000, 'A')}) {
    EXPECT_EQ(ErrorReason(ReadPageToken("history/a", bad).status()), "INVALID_PAGE_TOKEN");
  }
}

TEST(PageTokenTest, PageSizesHaveADefaultAndALimit) {
  EXPECT_EQ(*ReadPageSize(0), 100u);
  EXPECT_EQ(*ReadPageSize(1000), 1000u);
  EXPECT_EQ(ErrorReason(ReadPageSize(1001).status()), "INVALID_PAGE_SIZE");
}

}  // namespace
}  // namespace understudy::config_vault
