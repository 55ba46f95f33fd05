#include <gtest/gtest.h>
#include <netdb.h>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr int kConversations = 1000;

TEST(NameProof, AThousandLookupsDoNotBlockTheThread) {
  std::atomic<int> found{0};
  OneThread thread(StackClass::kStandard);
  thread.Converse(kConversations, [&](int) {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    addrinfo* addresses = nullptr;
    if (getaddrinfo("localhost", "502", &hints, &addresses) != 0) return;
    ++found;
    freeaddrinfo(addresses);
  });
  EXPECT_EQ(found, kConversations);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
