#include "common/rpc/service_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace understudy::rpc {
namespace {

using ::testing::HasSubstr;

struct Result {
  ServiceConfig config;
  absl::Status status;
};

Result Read(std::string_view yaml, std::string_view override_insecure = "") {
  auto reader = config::ConfigReader::FromText(yaml, "x.yaml");
  if (!override_insecure.empty()) reader.Override("insecure", override_insecure, "--insecure");
  Result result;
  result.config = ReadServiceConfig(reader, "127.0.0.1:7102");
  result.status = reader.Finish();
  return result;
}

std::string Problem(std::string_view yaml) { return std::string(Read(yaml).status.message()); }

std::string ExistingFile(const std::string& name) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::ofstream(path) << "x";
  return path;
}

TEST(ServiceConfigTest, ReadsEveryKey) {
  const Result result = Read(
      absl::StrCat("listen: 0.0.0.0:1\nhealth_listen: 0.0.0.0:2\nmetrics_listen: '[::1]:3'\n",
                   "tls: {certificate: ", ExistingFile("c"), ", private_key: ", ExistingFile("k"),
                   ", authorities: ", ExistingFile("a"), "}\n",
                   "reflection: true\nlog: {level: warn, format: json}\nports_file: /p\n"));
  ASSERT_TRUE(result.status.ok()) << result.status;
  const ServiceConfig& config = result.config;
  EXPECT_EQ(config.listen, "0.0.0.0:1");
  EXPECT_EQ(config.health_listen, "0.0.0.0:2");
  EXPECT_EQ(config.metrics_listen, "[::1]:3");
  EXPECT_EQ(config.tls->private_key, ::testing::TempDir() + "/k");
  EXPECT_TRUE(config.reflection);
  EXPECT_EQ(config.log.level, log::Level::kWarn);
  EXPECT_EQ(config.log.format, log::Format::kJson);
  EXPECT_EQ(config.ports_file, "/p");
}

TEST(ServiceConfigTest, HasDefaultsForAllButTls) {
  const Result result = Read("insecure: true");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.config.listen, "127.0.0.1:7102");
  EXPECT_FALSE(result.config.health_listen.has_value());
  EXPECT_FALSE(result.config.metrics_listen.has_value());
  EXPECT_FALSE(result.config.tls.has_value());
  EXPECT_FALSE(result.config.ports_file.has_value());
  EXPECT_EQ(result.config.log.level, log::Level::kInfo);
  EXPECT_THAT(Problem(""), HasSubstr("tls: is required unless \"insecure: true\" is set"));
}

TEST(ServiceConfigTest, AllowsInsecureOnlyOnLoopback) {
  EXPECT_THAT(Problem("insecure: true\nlisten: 0.0.0.0:7102"),
              HasSubstr("x.yaml:2: listen: expected a loopback address"));
  for (const std::string address : {"127.0.0.1:0", "127.9.8.7:1", "localhost:1", "'[::1]:1'"}) {
    EXPECT_EQ(Problem("insecure: true\nlisten: " + address), "") << address;
  }
}

TEST(ServiceConfigTest, IgnoresTlsWhenOverriddenToInsecure) {
  const Result result = Read("tls: {certificate: /no/such}", "true");
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_FALSE(result.config.tls.has_value());
}

TEST(ServiceConfigTest, NamesEachTlsFileThatIsMissing) {
  const std::string problem = Problem("tls: {certificate: /no/such, private_key: /nor/this}");
  EXPECT_THAT(problem, HasSubstr("tls.certificate: cannot read \"/no/such\""));
  EXPECT_THAT(problem, HasSubstr("tls.private_key: cannot read \"/nor/this\""));
  EXPECT_THAT(problem, HasSubstr("tls.authorities: is required"));
}

TEST(ServiceConfigTest, RefusesAddressesThatAreNone) {
  EXPECT_THAT(Problem("insecure: true\nlisten: 7102"),
              HasSubstr("x.yaml:2: listen: expected HOST:PORT, found \"7102\""));
  EXPECT_THAT(Problem("insecure: true\nlog: {level: loud}"),
              HasSubstr("log.level: expected debug or info or warn or error, found \"loud\""));
}

}  // namespace
}  // namespace understudy::rpc
