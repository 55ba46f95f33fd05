#include "bench/checkpoint_store/http_connection.h"

#include <gtest/gtest.h>

namespace understudy::bench {
namespace {

TEST(HttpConnectionTest, TakesOneResponseAndLeavesTheRest) {
  std::string received =
      "HTTP/1.1 200 OK\r\nnext-id: ab12\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 404 X\r\n";
  const auto response = TakeResponse(received, false).value();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->next_id, "ab12");
  EXPECT_EQ(response->body_bytes, 3);
  EXPECT_FALSE(response->closes);
  EXPECT_EQ(received, "HTTP/1.1 404 X\r\n");
}

TEST(HttpConnectionTest, WaitsForTheWholeOfIt) {
  const std::string whole = "HTTP/1.1 410 Gone\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab";
  for (size_t size = 0; size < whole.size(); ++size) {
    std::string received = whole.substr(0, size);
    EXPECT_FALSE(TakeResponse(received, false).value().has_value()) << size;
  }
  std::string received = whole;
  EXPECT_TRUE(TakeResponse(received, false).value()->closes);
}

TEST(HttpConnectionTest, AHeadHasNoBody) {
  std::string received = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n";
  EXPECT_TRUE(TakeResponse(received, true).value().has_value());
}

TEST(HttpConnectionTest, RefusesWhatIsNoResponse) {
  std::string received = "garbage\r\n\r\n";
  EXPECT_FALSE(TakeResponse(received, false).ok());
  received = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_FALSE(TakeResponse(received, false).ok());
}

}  // namespace
}  // namespace understudy::bench
