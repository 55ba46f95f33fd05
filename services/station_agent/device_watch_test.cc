#include "services/station_agent/device_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/testing/certificates.h"
#include "common/testing/eventually.h"
#include "common/time/system_clock.h"
#include "services/station_agent/device_link.h"
#include "services/station_agent/runtime/link/framing.h"
#include "services/station_agent/runtime/link/socket.h"
#include "services/station_agent/runtime/link/testing/server_context.h"
#include "services/station_agent/runtime/link/tls_link.h"

namespace understudy::station_agent {
namespace {

const SteadyTime kNever = SteadyTime::Infinite();

// The watch on a runtime of its own, and what it told last of each device.
class DeviceWatchTest : public ::testing::Test {
 protected:
  ~DeviceWatchTest() override { runtime_.Stop(); }

  void Watch(std::vector<WatchedDevice> devices) {
    watch_ = std::make_unique<DeviceWatch>(clock_, runtime_, std::move(devices),
                                           [this](const std::string& id, bool alive) {
                                             absl::MutexLock lock(&mutex_);
                                             alive_[id] = alive;
                                           });
    watch_->Start();
  }
  bool Becomes(const std::string& id, bool alive) {
    return testing::Eventually([&] {
      absl::MutexLock lock(&mutex_);
      const auto found = alive_.find(id);
      return found != alive_.end() && found->second == alive;
    });
  }
  bool Told(const std::string& id) {
    absl::MutexLock lock(&mutex_);
    return alive_.contains(id);
  }
  static WatchedDevice Device(const std::string& id, DeviceTransport transport, uint16_t port) {
    WatchedDevice device;
    device.id = id;
    device.address.transport = transport;
    device.address.host = "127.0.0.1";
    device.address.port = port;
    device.every = absl::Milliseconds(10);
    device.time_out = absl::Seconds(10);
    device.misses = 1;
    return device;
  }
  // A device that answers on TCP until its port is closed.
  void ServeTcp(runtime::TcpAcceptor& acceptor, std::string answer) {
    runtime_.Spawn([&acceptor, answer = std::move(answer)] {
      while (true) {
        auto link = acceptor.Accept(kNever);
        if (!link.ok()) return;
        char buffer[64];
        while ((*link)->Read(buffer, kNever).ok() && (*link)->Write(answer, kNever).ok()) {
        }
      }
    });
  }
  void Close(runtime::TcpAcceptor& acceptor) {
    std::atomic<bool> closed = false;
    runtime_.Spawn([&] {
      acceptor.Close();
      closed = true;
    });
    EXPECT_TRUE(testing::Eventually([&] { return closed.load(); }));
  }
  static runtime::RuntimeOptions OneThread() {
    runtime::RuntimeOptions options;
    options.threads = 1;
    return options;
  }

  SystemClock clock_;
  TlsContexts contexts_;
  absl::Mutex mutex_;
  std::map<std::string, bool> alive_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<DeviceWatch> watch_;
  runtime::Runtime runtime_{OneThread(), clock_};
};

TEST_F(DeviceWatchTest, ATcpDeviceWithoutARequestIsThereWhileItsPortIsOpen) {
  auto acceptor = runtime::TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  Watch({Device("door", DeviceTransport::kTcp, acceptor->port())});
  EXPECT_TRUE(Becomes("door", true));
  Close(*acceptor);
  EXPECT_TRUE(Becomes("door", false));
}

TEST_F(DeviceWatchTest, ADeviceThatAnswersAsExpectedIsThere) {
  auto acceptor = runtime::TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  ServeTcp(*acceptor, "pong 7");
  WatchedDevice device = Device("meter", DeviceTransport::kTcp, acceptor->port());
  device.request = "ping";
  device.answer = "pong";
  Watch({device});
  EXPECT_TRUE(Becomes("meter", true));
  runtime_.Stop();
}

TEST_F(DeviceWatchTest, AWrongAnswerIsNone) {
  auto acceptor = runtime::TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  ServeTcp(*acceptor, "what?");
  WatchedDevice device = Device("meter", DeviceTransport::kTcp, acceptor->port());
  device.request = "ping";
  device.answer = "pong";
  const absl::Status status =
      DeviceLink(device, contexts_).Probe(clock_.SteadyNow() + absl::Seconds(10));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_NE(status.message().find("it answers 7768"), std::string::npos) << status;
  runtime_.Stop();
}

TEST_F(DeviceWatchTest, ASilentDeviceIsNoticedInTime) {
  auto acceptor = runtime::TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  WatchedDevice device = Device("meter", DeviceTransport::kTcp, acceptor->port());
  device.request = "ping";
  const absl::Status status =
      DeviceLink(device, contexts_).Probe(clock_.SteadyNow() + absl::Milliseconds(50));
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
}

TEST_F(DeviceWatchTest, ALinkThatTheDeviceClosedIsOpenedAgainAtOnce) {
  auto acceptor = runtime::TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  std::thread device_thread([&] {
    for (int i = 0; i < 2; ++i) {  // one answer for each connection
      auto link = acceptor->Accept(kNever).value();
      char buffer[64];
      EXPECT_TRUE(link->Read(buffer, kNever).ok());
      EXPECT_TRUE(link->Write("pong", kNever).ok());
      link->Close();
    }
  });
  WatchedDevice device = Device("meter", DeviceTransport::kTcp, acceptor->port());
  device.request = "ping";
  DeviceLink link(device, contexts_);
  EXPECT_TRUE(link.Probe(clock_.SteadyNow() + absl::Seconds(10)).ok());
  EXPECT_TRUE(link.Probe(clock_.SteadyNow() + absl::Seconds(10)).ok());
  device_thread.join();
}

TEST_F(DeviceWatchTest, AUdpDeviceIsAskedByDatagram) {
  auto socket = runtime::UdpSocket::Bind({"127.0.0.1", 0}).value();
  runtime_.Spawn([&] {
    while (true) {
      const auto asked = socket->Receive(kNever);
      if (!asked.ok()) return;
      (void)socket->Send("pong", asked->peer, kNever);
    }
  });
  WatchedDevice device = Device("radio", DeviceTransport::kUdp, socket->port());
  device.request = "ping";
  device.answer = "pong";
  Watch({device});
  EXPECT_TRUE(Becomes("radio", true));
  runtime_.Stop();
}

// The other end of a pseudo-terminal stands for the device on the bus.
TEST_F(DeviceWatchTest, ASerialDeviceIsAskedByModbus) {
  const int bus = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(bus, 0);
  ASSERT_EQ(grantpt(bus), 0);
  ASSERT_EQ(unlockpt(bus), 0);
  WatchedDevice device;
  device.id = "meter";
  device.address.transport = DeviceTransport::kSerial;
  device.address.path = ptsname(bus);
  device.request = std::string("\1\3\0\0\0\1", 6);
  device.answer = "\1\3";
  device.framing = ProbeFraming::kModbusRtu;
  device.every = absl::Milliseconds(10);
  device.time_out = absl::Seconds(10);
  std::thread device_thread([&] {
    char request[8];
    for (size_t read_so_far = 0; read_so_far < sizeof(request);) {
      const ssize_t size = read(bus, request + read_so_far, sizeof(request) - read_so_far);
      if (size > 0) read_so_far += static_cast<size_t>(size);
    }
    const std::string answer = runtime::ModbusRtuFramer(absl::Milliseconds(2))
                                   .Encode(std::string("\1\3\2\0\7", 5))
                                   .value();
    EXPECT_EQ(write(bus, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
  });
  EXPECT_TRUE(DeviceLink(device, contexts_).Probe(clock_.SteadyNow() + absl::Seconds(10)).ok());
  device_thread.join();
  close(bus);
}

TEST_F(DeviceWatchTest, ATlsDeviceIsAskedWhenItsCertificateIsTrusted) {
  const rpc::TlsFiles files = rpc::testing::TlsFilesIn("device");
  const auto context = runtime::testing::MakeServerContext("localhost", files);
  auto acceptor = runtime::TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  std::thread device_thread([&] {
    auto tcp = acceptor->Accept(kNever).value();
    auto tls = runtime::AcceptTls(std::move(tcp), context.get(), kNever).value();
    char buffer[64];
    EXPECT_TRUE(tls->Read(buffer, kNever).ok());
    EXPECT_TRUE(tls->Write("pong", kNever).ok());
  });
  WatchedDevice device = Device("meter", DeviceTransport::kTls, acceptor->port());
  device.address.host = "localhost";
  device.certificate_authority_file = files.authorities;
  device.request = "ping";
  device.answer = "pong";
  Watch({device});
  EXPECT_TRUE(Becomes("meter", true));
  device_thread.join();
  runtime_.Stop();
}

TEST_F(DeviceWatchTest, ATlsDeviceNeedsACertificateThatIsTrusted) {
  auto acceptor = runtime::TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  WatchedDevice device = Device("meter", DeviceTransport::kTls, acceptor->port());
  device.certificate_authority_file = "/no/such/file";
  const absl::Status status =
      DeviceLink(device, contexts_).Probe(clock_.SteadyNow() + absl::Seconds(10));
  EXPECT_NE(status.message().find("no certificates in /no/such/file"), std::string::npos) << status;
  EXPECT_FALSE(Told("meter"));
}

TEST_F(DeviceWatchTest, ManyDevicesAreAskedOnOneThread) {
  constexpr int kDevices = 200;
  auto acceptor = runtime::TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  runtime_.Spawn([&] {
    while (true) {
      auto link = acceptor->Accept(kNever);
      if (!link.ok()) return;
      runtime::Spawn([link = std::shared_ptr<runtime::Link>(*std::move(link))] {
        char buffer[64];
        while (link->Read(buffer, kNever).ok() && link->Write("pong", kNever).ok()) {
        }
      });
    }
  });
  std::vector<WatchedDevice> devices;
  for (int i = 0; i < kDevices; ++i) {
    devices.push_back(
        Device("meter-" + std::to_string(i), DeviceTransport::kTcp, acceptor->port()));
    devices.back().request = "ping";
  }
  Watch(devices);
  for (const WatchedDevice& device : devices) EXPECT_TRUE(Becomes(device.id, true));
  runtime_.Stop();
}

}  // namespace
}  // namespace understudy::station_agent
