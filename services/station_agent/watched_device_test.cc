#include "services/station_agent/watched_device.h"

#include <gtest/gtest.h>

#include <string>

namespace understudy::station_agent {
namespace {

TEST(DeviceAddressTest, ReadsNetworkAddresses) {
  const auto tcp = ParseDeviceAddress("tcp://10.0.0.7:502");
  ASSERT_TRUE(tcp.ok()) << tcp.status();
  EXPECT_EQ(tcp->transport, DeviceTransport::kTcp);
  EXPECT_EQ(tcp->host, "10.0.0.7");
  EXPECT_EQ(tcp->port, 502);
  EXPECT_EQ(ParseDeviceAddress("tls://meter-7:802")->transport, DeviceTransport::kTls);
  EXPECT_EQ(ParseDeviceAddress("udp://[fe80::1]:161")->host, "fe80::1");
}

TEST(DeviceAddressTest, ReadsSerialPortsWithTheirSettings) {
  const auto plain = ParseDeviceAddress("serial:///dev/ttyUSB0");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->path, "/dev/ttyUSB0");
  EXPECT_EQ(plain->line, runtime::SerialSettings{});
  const auto full = ParseDeviceAddress(
      "serial:///dev/ttyS1?baud=19200&data_bits=7&parity=even&stop_bits=2&rs485=true");
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(full->line, (runtime::SerialSettings{19200, 7, runtime::Parity::kEven, 2, true}));
}

TEST(DeviceAddressTest, SaysWhatWouldBeRight) {
  for (const char* wrong : {"", "10.0.0.7:502", "http://a:1", "tcp://a", "tcp://a:0", "tcp://:1",
                            "serial://ttyS0", "serial:///"}) {
    const auto address = ParseDeviceAddress(wrong);
    ASSERT_FALSE(address.ok()) << wrong;
    EXPECT_NE(address.status().message().find("expected tcp://HOST:PORT"), std::string::npos);
  }
  for (const char* wrong : {"baud=fast", "baud=1", "data_bits=9", "stop_bits=0", "parity=maybe",
                            "rs485=perhaps", "speed=9600", "baud"}) {
    const auto address = ParseDeviceAddress(std::string("serial:///dev/ttyS0?") + wrong);
    ASSERT_FALSE(address.ok()) << wrong;
    EXPECT_NE(address.status().message().find(wrong), std::string::npos) << address.status();
  }
}

TEST(HexBytesTest, ReadsPairsOfDigitsWithSpaces) {
  EXPECT_EQ(ParseHexBytes("01 03 00Ff").value(), std::string("\1\3\0\xff", 4));
  EXPECT_FALSE(ParseHexBytes("").ok());
  EXPECT_FALSE(ParseHexBytes("123").ok());
  EXPECT_FALSE(ParseHexBytes("0x01").ok());
  EXPECT_TRUE(ParseHexBytes(std::string(2 * kMaxProbeBytes, '0')).ok());
  EXPECT_FALSE(ParseHexBytes(std::string(2 * kMaxProbeBytes + 2, '0')).ok());
}

TEST(DeviceVerdictTest, OneAnswerMakesItAlive) {
  DeviceVerdict verdict(3);
  EXPECT_FALSE(verdict.alive());
  EXPECT_FALSE(verdict.Observe(false));
  EXPECT_TRUE(verdict.Observe(true));
  EXPECT_TRUE(verdict.alive());
  EXPECT_FALSE(verdict.Observe(true));
}

TEST(DeviceVerdictTest, SoManyMissesInARowMakeItGone) {
  DeviceVerdict verdict(3);
  verdict.Observe(true);
  EXPECT_FALSE(verdict.Observe(false));
  EXPECT_FALSE(verdict.Observe(false));
  EXPECT_FALSE(verdict.Observe(true));  // in a row
  EXPECT_FALSE(verdict.Observe(false));
  EXPECT_FALSE(verdict.Observe(false));
  EXPECT_TRUE(verdict.Observe(false));
  EXPECT_FALSE(verdict.alive());
  EXPECT_FALSE(verdict.Observe(false));
}

}  // namespace
}  // namespace understudy::station_agent
