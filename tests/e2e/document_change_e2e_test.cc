#include <fstream>
#include <iterator>

#include "absl/time/clock.h"
#include "tests/e2e/fleet_test.h"

namespace understudy::e2e {
namespace {

class DocumentChangeEndToEndTest : public FleetTest {
 protected:
  std::string RunsAt(const std::string& station) {
    std::ifstream file(fleet().NativeStateFile(station), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  // Waits until the station's native process runs these bytes. What it ran at last.
  std::string AwaitRuns(const std::string& station, const std::string& content) {
    const absl::Time end = absl::Now() + kPatience;
    while (RunsAt(station) != content && absl::Now() < end) absl::SleepFor(absl::Milliseconds(50));
    return RunsAt(station);
  }
  uint64_t Put(const std::string& content) {
    config_vault::v1::PutRequest request;
    request.set_name("duties/gate");
    request.set_content(content);
    request.set_content_type("application/json");
    request.set_author("operator/test");
    const auto response = stage().vault().Put(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->info().revision() : 0;
  }
};

TEST_F(DocumentChangeEndToEndTest, WhatAnOperatorPutsRunsAtTheStationThatHoldsTheDuty) {
  StartSmallFleet();
  const std::string original = stage().OriginalDocument("gate");
  const std::string changed = R"({"changed": "by an operator"})";
  ASSERT_NE(Put(changed), 0u);
  EXPECT_EQ(AwaitRuns("gate-1", changed), changed);
  EXPECT_EQ(RunsAt("spare-1"), "");
  const uint64_t back = Put(original);
  EXPECT_EQ(AwaitRuns("gate-1", original), original);
  // Nothing was sent back to the vault.
  config_vault::v1::GetRequest request;
  request.set_name("duties/gate");
  const auto latest = stage().vault().Get(request);
  ASSERT_TRUE(latest.ok()) << latest.status();
  EXPECT_EQ(latest->info().revision(), back);
}

}  // namespace
}  // namespace understudy::e2e
