#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/local_fleet/wait.h"
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
  // The native process changes its own configuration, as if somebody had edited it there.
  void ChangeAt(const std::string& station, const std::string& content) {
    const std::string file = absl::StrCat(getenv("TEST_TMPDIR"), "/", station, ".json");
    std::ofstream(file, std::ios::binary) << content;
    ASSERT_EQ(fleet().TellNative(station, "configuration " + file), absl::OkStatus());
  }
  // What the vault has of the only duty, and who wrote it.
  config_vault::v1::GetResponse Latest() {
    config_vault::v1::GetRequest request;
    request.set_name("duties/gate");
    return stage().vault().Get(request).value_or(config_vault::v1::GetResponse());
  }
  void ExpectTheVaultGets(const std::string& content) {
    EXPECT_TRUE(cli::WaitFor(kPatience, [&] { return Latest().content() == content; }))
        << Latest().content();
    EXPECT_EQ(Latest().info().author(), "station/gate-1");
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
  EXPECT_EQ(Latest().info().revision(), back);
}

TEST_F(DocumentChangeEndToEndTest, WhatTheNativeProcessChangesComesToTheVaultAtOnce) {
  StartSmallFleet();
  ChangeAt("gate-1", R"({"changed": "at the station"})");
  ExpectTheVaultGets(R"({"changed": "at the station"})");
}

TEST_F(DocumentChangeEndToEndTest, WhatAStationOfScheduledSyncChangesIsCollectedByTheRoot) {
  std::vector<cli::StationSpec> stations =
      *cli::DeploymentStations(*cli::ReadStationDocuments("tests/data"), 1);
  stations.front().scheduled_sync = true;
  StartFleet(stations);
  ChangeAt("gate-1", R"({"changed": "once"})");
  ExpectTheVaultGets(R"({"changed": "once"})");
  ChangeAt("gate-1", R"({"changed": "twice"})");
  ExpectTheVaultGets(R"({"changed": "twice"})");
}

}  // namespace
}  // namespace understudy::e2e
