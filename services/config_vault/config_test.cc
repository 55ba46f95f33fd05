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

TEST(ConfigTest, ReadsTheEtcdEngine) {
  Config config;
  const absl::Status status = Read(
      "insecure: true\n"
      "data_directory: /d\n"
      "engine: etcd\n"
      "etcd:\n"
      "  endpoints: [127.0.0.1:2379, localhost:2380]\n"
      "  site: hill-3\n"
      "  peers: ['control-2:7102']\n"
      "  max_transaction_writes: 500\n"
      "  max_transaction: 4MiB\n"
      "  write_patience: 2s\n"
      "  kept_revisions: 500\n"
      "  upkeep_interval: 10s\n",
      config);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(config.engine, EngineKind::kEtcd);
  EXPECT_EQ(config.etcd.endpoints, (std::vector<std::string>{"127.0.0.1:2379", "localhost:2380"}));
  EXPECT_EQ(config.etcd.site, "hill-3");
  EXPECT_EQ(config.etcd.peers, (std::vector<std::string>{"control-2:7102"}));
  EXPECT_FALSE(config.etcd.tls.has_value());
  EXPECT_EQ(config.etcd.max_transaction_writes, 500u);
  EXPECT_EQ(config.etcd.max_transaction_bytes, size_t{4} << 20);
  EXPECT_EQ(config.etcd.write_patience, absl::Seconds(2));
  EXPECT_EQ(config.etcd.kept_revisions, 500);
  EXPECT_EQ(config.etcd.upkeep_interval, absl::Seconds(10));
}

TEST(ConfigTest, RefusesAnEtcdThatCannotBe) {
  const std::string base = "insecure: true\ndata_directory: /d\n";
  for (const char* wrong : {"engine: etcd\n", "engine: etcd\netcd: {endpoints: []}\n",
                            "engine: etcd\netcd: {endpoints: [nonsense]}\n",
                            "engine: etcd\netcd: {endpoints: [10.0.0.7:2379]}\n",
                            "engine: etcd\netcd: {endpoints: [127.0.0.1:1], site: A/B}\n",
                            "engine: etcd\netcd: {endpoints: [127.0.0.1:1], peers: [x]}\n",
                            "engine: etcd\netcd: {endpoints: [127.0.0.1:1], replicated: true}\n",
                            "etcd: {endpoints: [127.0.0.1:1]}\n", "engine: raft\n"}) {
    Config config;
    EXPECT_FALSE(Read(base + wrong, config).ok()) << wrong;
  }
}

}  // namespace
}  // namespace understudy::config_vault
