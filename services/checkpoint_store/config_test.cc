#include "services/checkpoint_store/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace understudy::checkpoint_store {
namespace {

absl::Status Read(const std::string& yaml, Config& config) {
  config::ConfigReader reader = config::ConfigReader::FromText(yaml, "store.yaml");
  config = ReadConfig(reader);
  return reader.Finish();
}

TEST(ConfigTest, ReadsTheExampleFile) {
  std::ifstream file("services/checkpoint_store/checkpoint_store.example.yaml");
  const std::string yaml((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(yaml.empty());
  Config config;
  const absl::Status status = Read(yaml, config);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(config.service.listen, "127.0.0.1:7104");
  EXPECT_EQ(config.http.listen, "127.0.0.1:8104");
  EXPECT_EQ(config.data_directory, "/var/lib/understudy/checkpoints");
}

TEST(ConfigTest, HasDefaults) {
  Config config;
  ASSERT_TRUE(Read("insecure: true\ndata_directory: /d\n", config).ok());
  EXPECT_EQ(config.policy.keep_generations, 3u);
  EXPECT_EQ(config.policy.min_identifier_bits, 32u);
  EXPECT_EQ(config.http.max_body_bytes, size_t{1} << 20);
  EXPECT_EQ(config.http.idle_timeout, absl::Minutes(1));
  EXPECT_FALSE(config.key_file.has_value());
  EXPECT_TRUE(config.operator_names.empty());
}

TEST(ConfigTest, ReadsEveryKey) {
  Config config;
  const absl::Status status =
      Read("insecure: true\n"
           "data_directory: /d\n"
           "key_file: /k\n"
           "http: {listen: \"127.0.0.1:1\", threads: 3, max_connections: 4,\n"
           "  max_connections_per_source: 2, header_timeout: 1s, body_timeout: 2s,\n"
           "  idle_timeout: 3s}\n"
           "checkpoints: {keep_generations: 5, max_names: 6, max_size: 7KiB, max_devices: 8}\n"
           "identifiers: {min_bits: 128, max_short: 9, keep_dead: 10}\n"
           "guard: {source_budget: 11, source_refill: 12s, first_delay: 13s, max_delay: 14s,\n"
           "  block_after: 15, total_budget: 16, total_per_second: 17, good_standing: 18s,\n"
           "  max_sources: 19}\n"
           "overdue: {grace: 20s, learned_factor: 2.5}\n"
           "operators: {certificate_names: [anna, bert], tokens_file: /t}\n"
           "cache: 21MiB\n"
           "write_buffer: 22MiB\n"
           "max_watchers: 23\n",
           config);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(config.key_file, "/k");
  EXPECT_EQ(config.http.threads, 3u);
  EXPECT_EQ(config.http.max_connections_per_source, 2u);
  EXPECT_EQ(config.http.body_timeout, absl::Seconds(2));
  EXPECT_EQ(config.http.max_body_bytes, 7u << 10);
  EXPECT_EQ(config.policy.max_devices, 8u);
  EXPECT_EQ(config.policy.keep_dead_identifiers, 10u);
  EXPECT_EQ(config.guard.block_after, 15u);
  EXPECT_EQ(config.guard.total_per_second, 17);
  EXPECT_EQ(config.guard.max_sources, 19u);
  EXPECT_EQ(config.overdue.learned_factor, 2.5);
  EXPECT_EQ(config.operator_names, (std::vector<std::string>{"anna", "bert"}));
  EXPECT_EQ(config.tokens_file, "/t");
  EXPECT_EQ(config.write_buffer_bytes, size_t{22} << 20);
  EXPECT_EQ(config.max_watchers, 23u);
}

TEST(ConfigTest, ReportsEveryProblemWithItsPath) {
  Config config;
  const absl::Status status = Read(
      "insecure: true\n"
      "http: {listen: \"0.0.0.0:8104\", threads: 0}\n"
      "checkpoints: {max_size: 2MiB}\n"
      "identifiers: {min_bits: 16, other: 1}\n",
      config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const char* path : {"data_directory", "http.listen", "http.threads", "checkpoints.max_size",
                           "identifiers.min_bits", "identifiers.other"}) {
    EXPECT_NE(status.message().find(path), std::string::npos) << path << ": " << status;
  }
}

}  // namespace
}  // namespace understudy::checkpoint_store
