#include "services/failover_orchestrator/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace understudy::failover_orchestrator {
namespace {

using ::testing::HasSubstr;

constexpr char kExampleFile[] = "services/failover_orchestrator/failover_orchestrator.example.yaml";

std::string ReadText(const char* path) {
  const std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string ProblemsOf(const std::string& yaml) {
  config::ConfigReader reader = config::ConfigReader::FromText(yaml, "test.yaml");
  ReadConfig(reader);
  return std::string(reader.Finish().message());
}

TEST(ConfigTest, TheExampleIsComplete) {
  const std::string text = ReadText(kExampleFile);
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(ProblemsOf(text), "");
}

TEST(ConfigTest, TheExampleNamesTheDefaults) {
  config::ConfigReader example = config::ConfigReader::FromText(ReadText(kExampleFile), "example");
  config::ConfigReader empty = config::ConfigReader::FromText("insecure: true", "empty");
  const Config a = ReadConfig(example);
  const Config b = ReadConfig(empty);
  EXPECT_EQ(a.service.listen, b.service.listen);
  EXPECT_EQ(a.vault, b.vault);
  EXPECT_EQ(a.membership, b.membership);
  EXPECT_EQ(a.vault_timeout, b.vault_timeout);
  EXPECT_EQ(a.drill_timeout, b.drill_timeout);
  EXPECT_EQ(a.policy.accept_timeout, b.policy.accept_timeout);
  EXPECT_EQ(a.policy.running_timeout, b.policy.running_timeout);
  EXPECT_EQ(a.policy.abandoned_retry, b.policy.abandoned_retry);
  EXPECT_EQ(a.policy.attach_grace, b.policy.attach_grace);
  EXPECT_EQ(a.policy.fence_margin, b.policy.fence_margin);
  EXPECT_EQ(a.policy.former_root_grace, b.policy.former_root_grace);
  EXPECT_EQ(a.policy.default_lease, b.policy.default_lease);
  EXPECT_EQ(a.policy.staging.spares_per_duty, b.policy.staging.spares_per_duty);
  EXPECT_EQ(a.policy.staging.max_per_station, b.policy.staging.max_per_station);
  EXPECT_EQ(a.policy.staging.max_unanswered, b.policy.staging.max_unanswered);
  EXPECT_EQ(a.policy.staging.retry, b.policy.staging.retry);
  EXPECT_EQ(a.policy.staging.answer_timeout, b.policy.staging.answer_timeout);
  EXPECT_EQ(a.max_stations, b.max_stations);
  EXPECT_EQ(a.order_queue, b.order_queue);
  EXPECT_EQ(a.max_watchers, b.max_watchers);
}

TEST(ConfigTest, ReportsEveryProblemAtOnce) {
  const std::string problems =
      ProblemsOf("{insecure: true, accept_timeout: 1ms, stage_spares: -1, no_such_key: 1}");
  EXPECT_THAT(problems, HasSubstr("accept_timeout"));
  EXPECT_THAT(problems, HasSubstr("stage_spares"));
  EXPECT_THAT(problems, HasSubstr("no_such_key"));
}

TEST(ConfigTest, RefusesAQueueThatStagingAloneCouldFill) {
  EXPECT_THAT(ProblemsOf("{insecure: true, order_queue: 16, max_unanswered_stages: 9}"),
              HasSubstr("order_queue"));
}

}  // namespace
}  // namespace understudy::failover_orchestrator
