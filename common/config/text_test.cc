#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/config/address_text.h"
#include "common/config/quantity_text.h"

namespace understudy::config {
namespace {

TEST(DurationTextTest, ReadsWhatItWrites) {
  for (const absl::Duration duration :
       {absl::ZeroDuration(), absl::Nanoseconds(1), absl::Milliseconds(100), absl::Seconds(90),
        absl::Milliseconds(1500), absl::Hours(24 * 365)}) {
    EXPECT_EQ(ParseDuration(config::FormatDuration(duration)), duration)
        << config::FormatDuration(duration);
  }
  EXPECT_EQ(config::FormatDuration(absl::Milliseconds(100)), "100ms");
  EXPECT_EQ(ParseDuration("2m30s"), absl::Seconds(150));
}

TEST(DurationTextTest, RefusesOtherText) {
  for (const std::string text : {"", "5", "-1s", "+1s", "inf", "1 s", "1d", "s", "1s ", ".5s",
                                 "1000000h", "99999999999999999999h"}) {
    EXPECT_FALSE(ParseDuration(text).has_value()) << text;
  }
}

TEST(SizeTextTest, ReadsWhatItWrites) {
  for (const uint64_t size : {0ull, 1ull, 1000ull, 1024ull, 4ull << 20, 3ull << 40, 1ull << 62}) {
    EXPECT_EQ(ParseSize(FormatSize(size)), size) << FormatSize(size);
  }
  EXPECT_EQ(FormatSize(4 << 20), "4MiB");
  EXPECT_EQ(ParseSize("512"), 512u);
  EXPECT_EQ(ParseSize("64 KiB"), 65536u);
}

TEST(SizeTextTest, RefusesOtherText) {
  for (const std::string text : {"", "MiB", "-1", "+1", "4MB", "4mib", "1.5MiB", "4MiBs", "4  MiB",
                                 "4 ", "99999999999999999999", "9000000000TiB"}) {
    EXPECT_FALSE(ParseSize(text).has_value()) << text;
  }
}

TEST(AddressTextTest, ReadsNamesAndBothKindsOfAddresses) {
  EXPECT_EQ(ParseAddress("127.0.0.1:7102"), (HostAndPort{"127.0.0.1", 7102}));
  EXPECT_EQ(ParseAddress("control-1.site:0"), (HostAndPort{"control-1.site", 0}));
  EXPECT_EQ(ParseAddress("[::1]:65535"), (HostAndPort{"::1", 65535}));
  for (const std::string text : {"127.0.0.1:7102", "[::1]:1", "h:0"}) {
    EXPECT_EQ(FormatAddress(*ParseAddress(text)), text);
  }
}

TEST(AddressTextTest, RefusesOtherText) {
  for (const std::string text : {"", ":", "h", ":1", "h:", "h:65536", "h:-1", "h:+1", "h:1x",
                                 "::1:1", "[::1:1", "[h]:1", "[]:1", "a b:1", "h/x:1"}) {
    EXPECT_FALSE(ParseAddress(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseAddress(std::string(300, 'h') + ":1").has_value());
}

TEST(AddressTextTest, KnowsWhatOnlyThisMachineReaches) {
  for (const std::string host : {"127.0.0.1", "127.255.0.1", "::1", "localhost"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const std::string host : {"0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "control-1"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

}  // namespace
}  // namespace understudy::config
