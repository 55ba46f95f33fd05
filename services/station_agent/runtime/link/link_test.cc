#include "services/station_agent/runtime/link/link.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/rpc/testing/certificates.h"
#include "common/time/system_clock.h"
#include "services/station_agent/runtime/link/framing.h"
#include "services/station_agent/runtime/link/serial_port.h"
#include "services/station_agent/runtime/link/socket.h"
#include "services/station_agent/runtime/link/testing/server_context.h"
#include "services/station_agent/runtime/link/tls_link.h"
#include "services/station_agent/runtime/scheduler/epoll_engine.h"
#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime {
namespace {

class LinkTest : public ::testing::Test {
 protected:
  void Go(std::function<void()> part) {
    SpawnOptions options;
    options.stack_class = StackClass::kLarge;
    manager_.Spawn(std::move(part), options);
  }
  SteadyTime In(absl::Duration duration) { return clock_.SteadyNow() + duration; }
  static constexpr SteadyTime kNever = SteadyTime::Infinite();

  SystemClock clock_;
  EpollEngine engine_;
  Manager manager_{{}, clock_, engine_};
};

std::string ReadAll(Link& link) {
  std::string all;
  char buffer[4096];
  while (true) {
    const auto size = link.Read(buffer, SteadyTime::Infinite());
    if (!size.ok()) return all;
    all.append(buffer, *size);
  }
}

TEST_F(LinkTest, TcpCarriesFramesBothWays) {
  auto acceptor = TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  Go([&] {
    auto link = acceptor->Accept(kNever).value();
    auto framer = MakeLengthPrefixedFramer(4, 1 << 20);
    FramedLink frames(*link, *framer);
    for (int i = 0; i < 10; ++i) {
      const auto frame = frames.ReadFrame(kNever);
      ASSERT_TRUE(frame.ok());
      EXPECT_TRUE(frames.WriteFrame(*frame + "!", kNever).ok());
    }
    EXPECT_TRUE(absl::IsOutOfRange(frames.ReadFrame(kNever).status()));
  });
  Go([&] {
    auto link = ConnectTcp({"127.0.0.1", acceptor->port()}, kNever).value();
    auto framer = MakeLengthPrefixedFramer(4, 1 << 20);
    FramedLink frames(*link, *framer);
    for (int i = 0; i < 10; ++i) {
      const std::string text(static_cast<size_t>(i) * 50'000, 'x');
      ASSERT_TRUE(frames.WriteFrame(text, kNever).ok());
      EXPECT_EQ(frames.ReadFrame(kNever).value(), text + "!");
    }
  });
  manager_.RunUntilDone();
}

TEST_F(LinkTest, OperationsTimeOutAndClosingEndsThem) {
  auto acceptor = TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  Go([&] {
    EXPECT_TRUE(absl::IsDeadlineExceeded(acceptor->Accept(In(absl::Milliseconds(20))).status()));
    auto client = ConnectTcp({"127.0.0.1", acceptor->port()}, kNever).value();
    auto server = acceptor->Accept(kNever).value();
    char buffer[8];
    const SteadyTime deadline = In(absl::Milliseconds(20));
    EXPECT_TRUE(absl::IsDeadlineExceeded(client->Read(buffer, deadline).status()));
    EXPECT_GE(clock_.SteadyNow(), deadline);
    const std::string big(64 << 20, 'x');
    EXPECT_TRUE(absl::IsDeadlineExceeded(client->Write(big, In(absl::Milliseconds(20)))));
    manager_.Spawn([&] { client->Close(); });
    EXPECT_TRUE(absl::IsUnavailable(client->Read(buffer, kNever).status()));
  });
  manager_.RunUntilDone();
}

TEST_F(LinkTest, RefusedAndUnknownPeersAreErrors) {
  auto acceptor = TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  const uint16_t port = acceptor->port();
  acceptor->Close();
  Go([&] {
    EXPECT_TRUE(absl::IsUnavailable(ConnectTcp({"127.0.0.1", port}, kNever).status()));
    EXPECT_TRUE(absl::IsUnavailable(ConnectTcp({"no such host", port}, kNever).status()));
  });
  manager_.RunUntilDone();
}

TEST_F(LinkTest, UdpKeepsDatagramsApart) {
  auto server = UdpSocket::Bind({"127.0.0.1", 0}).value();
  Go([&] {
    for (int i = 0; i < 3; ++i) {
      const auto datagram = server->Receive(kNever);
      ASSERT_TRUE(datagram.ok());
      EXPECT_TRUE(server->Send(datagram->data + "?", datagram->peer, kNever).ok());
    }
    EXPECT_TRUE(absl::IsDeadlineExceeded(server->Receive(In(absl::Milliseconds(10))).status()));
  });
  Go([&] {
    auto link = ConnectUdp({"127.0.0.1", server->port()}, kNever).value();
    char buffer[64];
    for (const std::string text : {"a", "bb", "ccc"}) {
      ASSERT_TRUE(link->Write(text, kNever).ok());
      const auto size = link->Read(buffer, kNever);
      EXPECT_EQ(std::string(buffer, size.value()), text + "?");
    }
  });
  manager_.RunUntilDone();
}

TEST_F(LinkTest, ASerialPortCarriesModbusFrames) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  ASSERT_GE(master, 0);
  ASSERT_EQ(grantpt(master), 0);
  ASSERT_EQ(unlockpt(master), 0);
  SerialSettings settings;
  settings.baud = 115200;
  const std::string path = ptsname(master);
  auto port = OpenSerialPort(path, settings).value();
  DescriptorLink bus(Descriptor(master), "bus");
  const std::string request("\x01\x03\x00\x00\x00\x0a", 6);
  Go([&] {
    ModbusRtuFramer framer(absl::Milliseconds(20));
    FramedLink frames(bus, framer);
    EXPECT_EQ(frames.ReadFrame(kNever).value(), request);
    EXPECT_TRUE(frames.WriteFrame("\x01\x03\x02xy", kNever).ok());
  });
  Go([&] {
    ModbusRtuFramer framer(absl::Milliseconds(20));
    FramedLink frames(*port, framer);
    EXPECT_TRUE(frames.WriteFrame(request, kNever).ok());
    EXPECT_EQ(frames.ReadFrame(kNever).value(), "\x01\x03\x02xy");
  });
  manager_.RunUntilDone();
}

TEST(SerialPortTest, RefusesBadSettingsAndKnowsTheSilence) {
  SerialSettings settings;
  EXPECT_EQ(ModbusSilence(settings), absl::Seconds(35) / 9600);
  settings.baud = 38400;
  EXPECT_EQ(ModbusSilence(settings), absl::Microseconds(1750));
  settings.baud = 12345;
  EXPECT_FALSE(OpenSerialPort("/dev/null", settings).ok());
  EXPECT_FALSE(OpenSerialPort("/dev/null", {}).ok());
  EXPECT_FALSE(OpenSerialPort("/no/such/port", {}).ok());
}

TEST_F(LinkTest, TlsRunsOverTcp) {
  const auto server_context =
      testing::MakeServerContext("meter", rpc::testing::TlsFilesIn("meter"));
  SSL_CTX* client_context = SSL_CTX_new(TLS_client_method());
  auto acceptor = TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  const std::string big(3 << 20, 't');
  std::string received;
  Go([&] {
    auto tls = AcceptTls(acceptor->Accept(kNever).value(), server_context.get(), kNever);
    ASSERT_TRUE(tls.ok()) << tls.status();
    char buffer[16];
    EXPECT_EQ((*tls)->Read(buffer, kNever).value(), 5u);
    EXPECT_TRUE((*tls)->Write(big, kNever).ok());
  });
  Go([&] {
    auto tcp = ConnectTcp({"127.0.0.1", acceptor->port()}, kNever).value();
    auto tls = ConnectTls(std::move(tcp), client_context, "meter", kNever);
    ASSERT_TRUE(tls.ok()) << tls.status();
    EXPECT_TRUE((*tls)->Write("hello", kNever).ok());
    received = ReadAll(**tls);
  });
  manager_.RunUntilDone();
  EXPECT_EQ(received, big);
  SSL_CTX_free(client_context);
}

TEST_F(LinkTest, AnUntrustedCertificateIsRefused) {
  const auto server_context =
      testing::MakeServerContext("meter", rpc::testing::TlsFilesIn("meter"));
  SSL_CTX* client_context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(client_context, SSL_VERIFY_PEER, nullptr);
  auto acceptor = TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  Go([&] {
    EXPECT_FALSE(AcceptTls(acceptor->Accept(kNever).value(), server_context.get(), kNever).ok());
  });
  Go([&] {
    auto tcp = ConnectTcp({"127.0.0.1", acceptor->port()}, kNever).value();
    const auto tls = ConnectTls(std::move(tcp), client_context, "meter", kNever);
    EXPECT_TRUE(absl::IsUnavailable(tls.status()));
    EXPECT_NE(tls.status().message().find("certificate"), absl::string_view::npos);
  });
  manager_.RunUntilDone();
  SSL_CTX_free(client_context);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
