#include "tests/faults/network.h"

#include <gtest/gtest.h>

#include "cli/local_fleet/spawn.h"

namespace understudy::faults {
namespace {

class NetworkTest : public testing::Test {
 protected:
  void SetUp() override {
    auto network = Network::Create(3);
    if (!network.ok()) GTEST_SKIP() << network.status().message();
    network_ = *std::move(network);
  }
  // Whether a call to a port on which nobody listens is answered, by a refusal.
  bool Reaches(size_t from, size_t to) {
    std::vector<std::string> words(network_->place(from).launcher.begin() + 1,
                                   network_->place(from).launcher.end());
    words.insert(words.end(), {"bash", "-c",
                               "timeout 1 bash -c 'exec 3<>/dev/tcp/" + network_->place(to).host +
                                   "/9' 2>&1 | grep -q refused"});
    return cli::RunProgram("ip", words).ok();
  }

  std::unique_ptr<Network> network_;
};

TEST_F(NetworkTest, PlacesReachEachOtherUntilTheyAreCut) {
  EXPECT_TRUE(Reaches(0, 1));
  ASSERT_EQ(network_->CutBothWays(0, 1), absl::OkStatus());
  EXPECT_FALSE(Reaches(0, 1));
  EXPECT_FALSE(Reaches(1, 0));
  EXPECT_TRUE(Reaches(0, 2));
  ASSERT_EQ(network_->HealAll(), absl::OkStatus());
  EXPECT_TRUE(Reaches(0, 1));
}

TEST_F(NetworkTest, ACutInOneDirectionLosesWhatGoesThatWay) {
  ASSERT_EQ(network_->Cut(0, 1), absl::OkStatus());
  EXPECT_FALSE(Reaches(0, 1));
  EXPECT_FALSE(Reaches(1, 0)) << "the answer does not come back";
  EXPECT_TRUE(Reaches(1, 2));
}

TEST_F(NetworkTest, AnIsolatedPlaceReachesNobody) {
  ASSERT_EQ(network_->Isolate(2), absl::OkStatus());
  EXPECT_FALSE(Reaches(2, 0));
  EXPECT_FALSE(Reaches(1, 2));
  EXPECT_TRUE(Reaches(0, 1));
}

}  // namespace
}  // namespace understudy::faults
