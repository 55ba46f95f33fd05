#include "services/station_agent/control_channels.h"

#include <grpcpp/channel.h>
#include <gtest/gtest.h>

#include "common/rpc/channel.h"

namespace understudy::station_agent {
namespace {

class ControlChannelsTest : public testing::Test {
 protected:
  static ControlNode Node(const std::string& host) {
    return {host + ":2", host + ":1", host + ":3"};
  }

  int made_ = 0;
  bool fails_ = false;
  ControlChannels channels_{
      {Node("a"), Node("b")},
      [this](const std::string& address) -> absl::StatusOr<ControlChannels::SharedChannel> {
        if (fails_) return absl::FailedPreconditionError("no certificates");
        ++made_;
        return rpc::MakeInsecureChannel(address);
      }};
};

TEST_F(ControlChannelsTest, TheFirstIsRootUntilAnotherIs) {
  EXPECT_EQ(channels_.root(), Node("a"));
  channels_.Use(Node("b"));
  EXPECT_EQ(channels_.root(), Node("b"));
  EXPECT_EQ(channels_.RootFirst(), (std::vector<ControlNode>{Node("b"), Node("a")}));
  channels_.Use(Node("new"));
  EXPECT_EQ(channels_.RootFirst(), (std::vector<ControlNode>{Node("new"), Node("a"), Node("b")}));
}

TEST_F(ControlChannelsTest, AnAddressHasOneChannel) {
  EXPECT_EQ(channels_.To("a:1"), channels_.To("a:1"));
  EXPECT_NE(channels_.To("a:1"), channels_.To("b:1"));
  EXPECT_EQ(made_, 2);
}

TEST_F(ControlChannelsTest, AddressesOfStrangersDoNotPileUp) {
  const auto held = channels_.To("a:1");
  for (int i = 0; i < 100; ++i) channels_.To("stranger-" + std::to_string(i) + ":1");
  const auto again = channels_.To("a:1");
  EXPECT_NE(held, again) << "it was made anew";
  EXPECT_EQ(again, channels_.To("a:1"));
}

TEST_F(ControlChannelsTest, AChannelThatCannotBeMadeIsTriedAgain) {
  fails_ = true;
  EXPECT_EQ(channels_.To("a:1")->GetState(true), GRPC_CHANNEL_TRANSIENT_FAILURE);
  fails_ = false;
  EXPECT_EQ(channels_.To("a:1")->GetState(false), GRPC_CHANNEL_IDLE);
}

}  // namespace
}  // namespace understudy::station_agent
