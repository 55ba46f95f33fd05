#include "services/membership/beat_receiver.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "common/time/system_clock.h"

namespace understudy::membership {
namespace {

// A receiver on a free port, and a socket that sends to it.
class BeatReceiverTest : public testing::Test {
 protected:
  BeatReceiverTest()
      : receiver_(clock_, sessions_, Bind(),
                  [this](const std::vector<Slot>& slots) { changed_ += slots.size(); }) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(receiver_.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sender_ = socket(AF_INET, SOCK_DGRAM, 0);
    EXPECT_EQ(connect(sender_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    receiver_.Start();
  }
  ~BeatReceiverTest() override { close(sender_); }

  static std::unique_ptr<UdpSocket> Bind() {
    auto bound = UdpSocket::Bind({.listen = "127.0.0.1:0"});
    EXPECT_TRUE(bound.ok()) << bound.status();
    return *std::move(bound);
  }
  void Send(const SessionTable::Opened& session, uint64_t sequence, uint16_t health = 0) const {
    const beat::Packet packet = beat::EncodeBeat(
        {.health = health, .session_id = session.session_id, .sequence = sequence}, session.key);
    send(sender_, packet.data(), packet.size(), 0);
  }
  uint64_t Count(BeatResult result) const {
    return receiver_.stats().results[static_cast<size_t>(result)];
  }

  const SystemClock clock_;
  HeardTimes heard_{4};
  SharedSessions sessions_{heard_};
  std::atomic<size_t> changed_ = 0;
  BeatReceiver receiver_;
  int sender_ = -1;
};

TEST_F(BeatReceiverTest, NotesWhatItHears) {
  const auto session = *sessions_.Open(SteadyTime());
  for (uint64_t sequence = 1; Count(BeatResult::kOk) == 0; ++sequence) Send(session, sequence);
  EXPECT_GT(heard_.Get(session.slot), SteadyTime());
  EXPECT_GT(receiver_.stats().batches, 0u);
}

TEST_F(BeatReceiverTest, MovesItsMarkWhenNothingComes) {
  const SteadyTime before = clock_.SteadyNow();
  while (receiver_.drained_until() <= before) {
  }
  EXPECT_LE(receiver_.drained_until(), clock_.SteadyNow());
}

TEST_F(BeatReceiverTest, TellsOfChangedHealth) {
  const auto session = *sessions_.Open(SteadyTime());
  for (uint64_t sequence = 1; changed_ == 0; ++sequence) Send(session, sequence, 8);
  EXPECT_EQ(sessions_.TakeHealth(session.slot), 8);
}

TEST_F(BeatReceiverTest, StopsTwice) {
  EXPECT_TRUE(receiver_.cpu_clock().has_value());
  receiver_.Stop();
  receiver_.Stop();
  EXPECT_FALSE(receiver_.cpu_clock().has_value());
}

TEST(UdpSocketTest, RefusesWhatIsNoAddress) {
  EXPECT_EQ(UdpSocket::Bind({.listen = "nowhere"}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(UdpSocketTest, SaysWhenTheAddressIsTaken) {
  const auto first = UdpSocket::Bind({.listen = "127.0.0.1:0"});
  ASSERT_TRUE(first.ok());
  const auto second = UdpSocket::Bind({.listen = "127.0.0.1:" + std::to_string((*first)->port())});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace understudy::membership
