#include <gtest/gtest.h>
#include <netdb.h>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr int kConversations = 1000;

TEST(NameProof, AThousandLookupsDoNotBlockTheThread) {
  std::atomic<int> found{0};
  std::atomic<int> error{0};
  OneThread thread(StackClass::kStandard);
  thread.Converse(kConversations, [&](int) {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    addrinfo* addresses = nullptr;
    if (const int failed = getaddrinfo("localhost", "502", &hints, &addresses); failed != 0) {
      error = failed;
      return;
    }
    ++found;
    freeaddrinfo(addresses);
  });
  EXPECT_EQ(found, kConversations) << "localhost, which /etc/hosts should name: "
                                   << gai_strerror(error);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
