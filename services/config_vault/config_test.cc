#include "services/config_vault/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace understudy::config_vault {
namespace {

absl::Status Read(const std::string& yaml, Config& config) {
  config::ConfigReader reader = config::ConfigReader::FromText(yaml, "vault.yaml");
  config = ReadConfig(reader);
  return reader.Finish();
}

TEST(ConfigTest, ReadsTheExampleFile) {
  std::ifstream file("services/config_vault/config_vault.example.yaml");
  const std::string yaml((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(yaml.empty());
  Config config;
  const absl::Status status = Read(yaml, config);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(config.service.listen, "127.0.0.1:7102");
  EXPECT_EQ(config.data_directory, "/var/lib/understudy/vault");
}

TEST(ConfigTest, HasDefaults) {
  Config config;
  ASSERT_TRUE(Read("insecure: true\ndata_directory: /d\n", config).ok());
  EXPECT_EQ(config.service.listen, "127.0.0.1:7102");
  EXPECT_EQ(config.keep_revisions, 0u);
  EXPECT_EQ(config.workers, 2u);
  EXPECT_EQ(config.cache_bytes, size_t{32} << 20);
  EXPECT_EQ(config.max_watchers, 1024u);
}

TEST(ConfigTest, ReadsEveryKey) {
  Config config;
  ASSERT_TRUE(Read("insecure: true\n"
                   "data_directory: /d\n"
                   "history: {keep_revisions: 50}\n"
                   "cache: 64MiB\n"
                   "workers: 3\n"
                   "max_watchers: 7\n",
                   config)
                  .ok());
  EXPECT_EQ(config.keep_revisions, 50u);
  EXPECT_EQ(config.cache_bytes, size_t{64} << 20);
  EXPECT_EQ(config.workers, 3u);
  EXPECT_EQ(config.max_watchers, 7u);
}

TEST(ConfigTest, ReportsEveryProblemWithItsPath) {
  Config config;
  const absl::Status status =
      Read("insecure: true\nhistory: {keep_revisions: -1, keep: 2}\nworkers: many\n", config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const char* path : {"data_directory", "history.keep_revisions", "history.keep", "workers"}) {
    EXPECT_NE(status.message().find(path), std::string::npos) << path << ": " << status;
  }
}

}  // namespace
}  // namespace understudy::config_vault
