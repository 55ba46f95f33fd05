#include "services/station_agent/runtime/link/udp_acceptor.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/epoll_engine.h"
#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr SteadyTime kNever = SteadyTime::Infinite();

std::string ReadOne(Link& link) {
  char buffer[64];
  const auto size = link.Read(buffer, kNever);
  return size.ok() ? std::string(buffer, *size) : std::string(size.status().message());
}

class UdpAcceptorTest : public ::testing::Test {
 protected:
  // Runs `part` in a coroutine, with an acceptor that is closed at its end.
  void Go(UdpAcceptorOptions options, std::function<void(UdpAcceptor&)> part) {
    manager_.Spawn(
        [options, part = std::move(part)] {
          const auto acceptor = UdpAcceptor::Bind({"127.0.0.1", 0}, options).value();
          part(*acceptor);
        },
        {.stack_class = StackClass::kLarge});
    manager_.RunUntilDone();
  }
  static std::unique_ptr<Link> Client(UdpAcceptor& acceptor) {
    return ConnectUdp({"127.0.0.1", acceptor.port()}, kNever).value();
  }
  static void Say(Link& link, std::string_view text) { ASSERT_TRUE(link.Write(text, kNever).ok()); }

  SystemClock clock_;
  EpollEngine engine_;
  Manager manager_{{}, clock_, engine_};
};

TEST_F(UdpAcceptorTest, EachSenderHasALinkOfItsOwn) {
  Go({}, [](UdpAcceptor& acceptor) {
    const auto red = Client(acceptor);
    const auto blue = Client(acceptor);
    Say(*red, "red 1");
    Say(*blue, "blue 1");
    Say(*red, "red 2");
    const auto to_red = acceptor.Accept(kNever).value();
    const auto to_blue = acceptor.Accept(kNever).value();
    EXPECT_NE(to_red->name(), to_blue->name());
    EXPECT_EQ(ReadOne(*to_blue), "blue 1");
    EXPECT_EQ(ReadOne(*to_red), "red 1");
    EXPECT_EQ(ReadOne(*to_red), "red 2");
    Say(*to_blue, "for blue");
    Say(*to_red, "for red");
    EXPECT_EQ(ReadOne(*red), "for red");
    EXPECT_EQ(ReadOne(*blue), "for blue");
    EXPECT_EQ(acceptor.stats().senders, 2u);
  });
}

TEST_F(UdpAcceptorTest, WhenItIsFullAStrangerIsDroppedAndCounted) {
  UdpAcceptorOptions options;
  options.max_senders = 1;
  Go(options, [](UdpAcceptor& acceptor) {
    const auto known = Client(acceptor);
    const auto stranger = Client(acceptor);
    Say(*known, "first");
    auto link = acceptor.Accept(kNever).value();
    Say(*stranger, "let me in");
    Say(*known, "second");
    EXPECT_EQ(ReadOne(*link), "first");
    EXPECT_EQ(ReadOne(*link), "second");
    EXPECT_EQ(acceptor.stats().refused, 1u);
    link.reset();  // makes room
    Say(*stranger, "once more");
    link = acceptor.Accept(kNever).value();
    EXPECT_EQ(ReadOne(*link), "once more");
  });
}

TEST_F(UdpAcceptorTest, ALinkKeepsABoundedNumberOfDatagrams) {
  UdpAcceptorOptions options;
  options.max_queued = 2;
  Go(options, [](UdpAcceptor& acceptor) {
    const auto loud = Client(acceptor);
    const auto last = Client(acceptor);
    for (const std::string_view text : {"1", "2", "3", "4", "5"}) Say(*loud, text);
    Say(*last, "after all of these");
    const auto to_loud = acceptor.Accept(kNever).value();
    const auto to_last = acceptor.Accept(kNever).value();
    EXPECT_EQ(ReadOne(*to_last), "after all of these");
    EXPECT_EQ(ReadOne(*to_loud), "1");
    EXPECT_EQ(ReadOne(*to_loud), "2");
    EXPECT_EQ(acceptor.stats().overflowed, 3u);
    Say(*loud, "6");
    EXPECT_EQ(ReadOne(*to_loud), "6");
  });
}

TEST_F(UdpAcceptorTest, ASilentSendersLinkEndsAndItsNextDatagramMakesANewOne) {
  UdpAcceptorOptions options;
  options.idle = absl::Milliseconds(4);
  Go(options, [](UdpAcceptor& acceptor) {
    const auto client = Client(acceptor);
    Say(*client, "hello");
    const auto first = acceptor.Accept(kNever).value();
    EXPECT_EQ(ReadOne(*first), "hello");
    char buffer[8];
    EXPECT_TRUE(absl::IsOutOfRange(first->Read(buffer, kNever).status()));
    EXPECT_TRUE(absl::IsUnavailable(first->Write("too late", kNever)));
    EXPECT_EQ(acceptor.stats().idled, 1u);
    Say(*client, "again");
    const auto second = acceptor.Accept(kNever).value();
    EXPECT_EQ(ReadOne(*second), "again");
  });
}

TEST_F(UdpAcceptorTest, ClosingEndsAcceptAndAllLinks) {
  Go({}, [this](UdpAcceptor& acceptor) {
    const auto client = Client(acceptor);
    Say(*client, "hello");
    const auto link = acceptor.Accept(kNever).value();
    EXPECT_EQ(ReadOne(*link), "hello");
    manager_.Spawn([&acceptor] { acceptor.Close(); });
    char buffer[8];
    EXPECT_TRUE(absl::IsUnavailable(link->Read(buffer, kNever).status()));
    EXPECT_TRUE(absl::IsUnavailable(acceptor.Accept(kNever).status()));
    EXPECT_EQ(acceptor.stats().senders, 0u);
  });
}

TEST_F(UdpAcceptorTest, AnOrdinaryThreadMayUseItsLinks) {
  std::thread other;
  Go({}, [&other](UdpAcceptor& acceptor) {
    const auto client = Client(acceptor);
    other = std::thread([&acceptor] {
      const auto link = acceptor.Accept(kNever).value();
      Say(*link, ReadOne(*link) + "!");
    });
    Say(*client, "hello");
    EXPECT_EQ(ReadOne(*client), "hello!");
  });
  other.join();
}

TEST_F(UdpAcceptorTest, ItIsMadeInACoroutine) {
  EXPECT_TRUE(absl::IsFailedPrecondition(UdpAcceptor::Bind({"127.0.0.1", 0}).status()));
}

}  // namespace
}  // namespace understudy::station_agent::runtime
