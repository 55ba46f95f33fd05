#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <cstring>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr int kConversations = 1000;

redisContext* ConnectPatiently(const std::string& path, const Process& server) {
  while (true) {
    redisContext* context = redisConnectUnix(path.c_str());
    if (context != nullptr && context->err == 0) return context;
    if (context != nullptr) redisFree(context);
    if (!server.running()) return nullptr;
    usleep(20'000);
  }
}

TEST(RedisProof, AThousandConversationsOnOneThread) {
  const std::string directory = testing::TempDir();
  const std::string path = "/tmp/understudy-redis-" + std::to_string(getpid());
  const Process server({"/usr/bin/redis-server", "--port", "0", "--unixsocket", path, "--save", "",
                        "--dir", directory, "--maxclients", "2000"});
  std::atomic<int> done{0};
  OneThread thread;
  thread.Converse(kConversations, [&](int) {
    redisContext* context = ConnectPatiently(path, server);
    ASSERT_NE(context, nullptr);
    auto* arrived = static_cast<redisReply*>(redisCommand(context, "INCR arrived"));
    ASSERT_NE(arrived, nullptr) << context->errstr;
    const bool last = arrived->integer == kConversations;
    freeReplyObject(arrived);
    // The last one to arrive lets the others go on; they wait in a blocking command.
    for (int i = 0; last && i < kConversations - 1; ++i) {
      freeReplyObject(redisCommand(context, "RPUSH go now"));
    }
    if (!last) {
      auto* go = static_cast<redisReply*>(redisCommand(context, "BLPOP go 0"));
      ASSERT_NE(go, nullptr) << context->errstr;
      ASSERT_EQ(go->type, REDIS_REPLY_ARRAY);
      EXPECT_STREQ(go->element[1]->str, "now");
      freeReplyObject(go);
    }
    redisFree(context);
    ++done;
  });
  EXPECT_EQ(done, kConversations);
  unlink(path.c_str());
}

}  // namespace
}  // namespace understudy::station_agent::runtime
