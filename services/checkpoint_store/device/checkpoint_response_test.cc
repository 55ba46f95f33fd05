#include "services/checkpoint_store/device/checkpoint_response.h"

#include <gtest/gtest.h>

#include <string>

namespace understudy::checkpoint_store {
namespace {

bool Append(void* context, const uint8_t* bytes, size_t size) {
  static_cast<std::string*>(context)->append(reinterpret_cast<const char*>(bytes), size);
  return true;
}

struct Read {
  checkpoint_response response = {};
  checkpoint_response_result result = CHECKPOINT_RESPONSE_MORE;
  std::string body;
  size_t used = 0;
};

// In pieces of `piece` bytes.
Read Feed(const std::string& text, size_t piece, bool head = false) {
  Read read;
  checkpoint_response_begin(&read.response, head, Append, &read.body);
  while (read.used < text.size() && read.result == CHECKPOINT_RESPONSE_MORE) {
    const std::string part = text.substr(read.used, piece);
    size_t used = 0;
    read.result = checkpoint_response_feed(
        &read.response, reinterpret_cast<const uint8_t*>(part.data()), part.size(), &used);
    read.used += used;
  }
  return read;
}

TEST(CheckpointResponseTest, ReadsTheSameInWhateverPieces) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nServer: x\r\nNEXT-ID: AB12cd34\r\nGeneration: 18446744073709551615\r\n"
      "Content-Hash: " +
      std::string(64, 'a') +
      "\r\nOrigin: operator\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello and more";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    const Read read = Feed(text, piece);
    ASSERT_EQ(read.result, CHECKPOINT_RESPONSE_DONE) << piece;
    EXPECT_EQ(read.used, text.size() - 9);
    EXPECT_EQ(read.body, "hello");
    EXPECT_EQ(read.response.status, 200);
    EXPECT_STREQ(read.response.next_id, "ab12cd34");
    EXPECT_EQ(read.response.generation, UINT64_MAX);
    EXPECT_TRUE(read.response.has_hash);
    EXPECT_EQ(read.response.hash[31], 0xAA);
    EXPECT_TRUE(read.response.from_operator);
    EXPECT_TRUE(read.response.closes);
  }
}

TEST(CheckpointResponseTest, SkipsAnInterimResponse) {
  const Read read =
      Feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 3);
  EXPECT_EQ(read.result, CHECKPOINT_RESPONSE_DONE);
  EXPECT_EQ(read.response.status, 200);
}

TEST(CheckpointResponseTest, TheBodyOfAnErrorIsReadOver) {
  const Read read = Feed(
      "HTTP/1.1 409 Conflict\r\nReason: CLAIMED_BY_ANOTHER\r\nContent-Length: 3\r\n\r\nabc", 2);
  EXPECT_EQ(read.result, CHECKPOINT_RESPONSE_DONE);
  EXPECT_EQ(read.body, "");
  EXPECT_STREQ(read.response.reason, "CLAIMED_BY_ANOTHER");
}

TEST(CheckpointResponseTest, AnAnswerToHeadHasNoBody) {
  EXPECT_EQ(Feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 5, true).result,
            CHECKPOINT_RESPONSE_DONE);
}

TEST(CheckpointResponseTest, ALongLineIsReadOver) {
  const Read read = Feed("HTTP/1.1 200 " + std::string(300, 'x') +
                             "\r\nX: " + std::string(300, 'y') + "\r\nContent-Length: 0\r\n\r\n",
                         7);
  EXPECT_EQ(read.result, CHECKPOINT_RESPONSE_DONE);
}

TEST(CheckpointResponseTest, RefusesWhatItCannotTrust) {
  for (const std::string& text : {
           std::string("HTTP/2 200 OK\r\n"),
           std::string("ICY 200 OK\r\n"),
           std::string("HTTP/1.1 2000 OK\r\n"),
           std::string("HTTP/1.1 20 OK\r\n"),
           std::string("HTTP/1.1 200 OK\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"),
           std::string("HTTP/1.1 200 OK\r\nNext-Id: xyz\r\n"),
           std::string("HTTP/1.1 200 OK\r\nNext-Id: " + std::string(66, 'a') + "\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Hash: abcd\r\n"),
           std::string("HTTP/1.1 200 OK\r\nGeneration: 18446744073709551616\r\n"),
           std::string("HTTP/1.1 200 OK\r\nX: a\0b\r\n", 24),
           "HTTP/1.1 200 OK\r\nX: " + std::string(9'000, 'x'),
       }) {
    EXPECT_EQ(Feed(text, 16).result, CHECKPOINT_RESPONSE_BAD) << text.substr(0, 80);
  }
}

TEST(CheckpointResponseTest, AfterTheEndItTakesNothing) {
  Read read = Feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 100);
  size_t used = 1;
  const uint8_t more[1] = {'x'};
  EXPECT_EQ(checkpoint_response_feed(&read.response, more, 1, &used), CHECKPOINT_RESPONSE_DONE);
  EXPECT_EQ(used, 0);
}

}  // namespace
}  // namespace understudy::checkpoint_store
