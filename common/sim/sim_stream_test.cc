#include "common/sim/sim_stream.h"

#include <gtest/gtest.h>

#include <any>
#include <memory>
#include <string>
#include <vector>

#include "common/sim/sim_world.h"

namespace understudy {
namespace {

// An agent that connects to a root; both write down what they see.
class SimStreamTest : public testing::Test {
 protected:
  SimStreamTest() {
    root_.Start();
    agent_.Start();
    AcceptAtRoot();
  }

  void AcceptAtRoot() {
    world_.streams().Accept(root_, "orders", [this](const std::shared_ptr<SimStream>& stream) {
      accepted_ = stream;
      WriteDown(*stream, at_root_);
    });
  }
  void Connect() {
    connected_ = world_.streams().Connect(agent_, "root", "orders");
    WriteDown(*connected_, at_agent_);
  }
  static void WriteDown(SimStream& stream, std::vector<std::string>& diary) {
    stream.SetHandlers([&diary](const SimMessage& message) { diary.push_back(message.kind); },
                       [&diary] { diary.push_back("closed"); });
  }
  void Run() { world_.RunFor(absl::Seconds(1)); }

  std::vector<std::string> at_root_;
  std::vector<std::string> at_agent_;
  std::shared_ptr<SimStream> connected_;
  std::shared_ptr<SimStream> accepted_;
  SimWorld world_{3};
  SimNode& root_ = world_.AddNode("root");
  SimNode& agent_ = world_.AddNode("agent");
};

using Diary = std::vector<std::string>;

TEST_F(SimStreamTest, CarriesMessagesBothWays) {
  Connect();
  EXPECT_TRUE(connected_->Send({"hello", {}}));
  Run();
  EXPECT_TRUE(accepted_->Send({"welcome", {}}));
  Run();
  EXPECT_EQ(at_root_, Diary{"hello"});
  EXPECT_EQ(at_agent_, Diary{"welcome"});
  EXPECT_EQ(accepted_->peer(), "agent");
}

TEST_F(SimStreamTest, KeepsTheOrderThroughABadNetwork) {
  world_.network().SetDefaultQuality({.slow = 0.3, .drop = 0.3, .duplicate = 0.3});
  Connect();
  Diary sent;
  for (int i = 0; i < 200; ++i) {
    sent.push_back(std::to_string(i));
    connected_->Send({sent.back(), {}});
    world_.RunFor(absl::Milliseconds(1));
  }
  Run();
  EXPECT_EQ(at_root_, sent);
}

TEST_F(SimStreamTest, ClosesWhenNobodyAccepts) {
  connected_ = world_.streams().Connect(agent_, "root", "nothing");
  WriteDown(*connected_, at_agent_);
  Run();
  EXPECT_EQ(at_agent_, Diary{"closed"});
  EXPECT_FALSE(connected_->Send({"x", {}}));
}

TEST_F(SimStreamTest, DeliversWhatWasSentBeforeItClosed) {
  Connect();
  connected_->Send({"last words", {}});
  connected_->Close();
  EXPECT_FALSE(connected_->Send({"too late", {}}));
  Run();
  EXPECT_EQ(at_root_, (Diary{"last words", "closed"}));
  EXPECT_TRUE(at_agent_.empty());
  EXPECT_FALSE(accepted_->is_open());
}

TEST_F(SimStreamTest, ClosesWhenTheOtherNodeCrashes) {
  Connect();
  Run();
  root_.Crash();
  Run();
  EXPECT_EQ(at_agent_, Diary{"closed"});
  EXPECT_TRUE(at_root_.empty());
}

TEST_F(SimStreamTest, ListensNoMoreAfterACrashUntilItIsAskedTo) {
  root_.Crash();
  root_.Start();
  Connect();
  Run();
  EXPECT_EQ(at_agent_, Diary{"closed"});
  AcceptAtRoot();
  Connect();
  Run();
  EXPECT_TRUE(connected_->is_open());
}

TEST_F(SimStreamTest, WaitsForAPartitionToHealEvenOneThatIsOneWay) {
  Connect();
  Run();
  world_.network().Block("root", "agent");
  connected_->Send({"patience", {}});
  world_.RunFor(absl::Seconds(10));
  EXPECT_TRUE(at_root_.empty());
  world_.network().Heal();
  Run();
  EXPECT_EQ(at_root_, Diary{"patience"});
}

TEST_F(SimStreamTest, GivesUpWhenAPartitionLasts) {
  Connect();
  Run();
  world_.network().Isolate("root");
  connected_->Send({"lost", {}});
  world_.RunFor(SimStream::kGiveUp + absl::Seconds(1));
  EXPECT_EQ(at_agent_, Diary{"closed"});
  EXPECT_EQ(at_root_, Diary{"closed"});
}

TEST_F(SimStreamTest, ClosesRatherThanHoldTooMuch) {
  Connect();
  Run();
  world_.network().Isolate("root");
  size_t sent = 0;
  while (connected_->Send({"x", {}})) ++sent;
  EXPECT_EQ(sent, SimStream::kMaxUnderWay);
  Run();
  EXPECT_EQ(at_agent_, Diary{"closed"});
}

TEST_F(SimStreamTest, HoldsMessagesForAPausedNode) {
  Connect();
  Run();
  root_.Pause();
  connected_->Send({"first", {}});
  connected_->Send({"second", {}});
  Run();
  EXPECT_TRUE(at_root_.empty());
  root_.Resume();
  Run();
  EXPECT_EQ(at_root_, (Diary{"first", "second"}));
}

}  // namespace
}  // namespace understudy
