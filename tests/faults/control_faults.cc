#include "tests/faults/control_faults.h"

#include <algorithm>
#include <utility>

#include "cli/local_fleet/wait.h"

namespace understudy::faults {
namespace {

// Of a question to a node that may be frozen or cut off.
constexpr absl::Duration kQuick = absl::Milliseconds(300);
constexpr int kLastReader = 1000;

}  // namespace

void ControlFaults::StartUnderLoad(const std::vector<cli::Place>& places) {
  ASSERT_NO_FATAL_FAILURE(StartControl(kNodes, places));
  quick_ = cli::MakeGrpcClients({.tls = fleet().site().tls, .timeout = kQuick});
  finder_.emplace(fleet(), *quick_);
  auto load = Load::Start(clients(), fleet().site().control_nodes, recorder_,
                          {.clients = kClients});
  ASSERT_TRUE(load.ok()) << load.status();
  load_ = *std::move(load);
  ASSERT_TRUE(AwaitProgress());
  root_ = AwaitRoot(0);
}

void ControlFaults::StartStations(const std::vector<std::string>& launcher) {
  const auto documents = cli::ReadStationDocuments("tests/data");
  ASSERT_TRUE(documents.ok()) << documents.status();
  stations_ = *cli::DeploymentStations(*documents, kStations);
  for (auto& station : stations_) station.launcher = launcher;
  ASSERT_EQ(fleet().StartStations(stations_), absl::OkStatus());
  auto stage = cli::Stage::Open(fleet(), clients(), stations_, {}, [] { return false; });
  ASSERT_TRUE(stage.ok()) << stage.status();
  stage_ = *std::move(stage);
  ASSERT_EQ(stage_->AwaitReady(stations_, kPatience), absl::OkStatus());
  stage_->observer().TakeFailed();
}

void ControlFaults::TearDown() {
  load_.reset();
  FaultFleet::TearDown();
}

bool ControlFaults::AwaitProgress() {
  return faults::AwaitProgress(recorder_, kClients + 1, kPatience);
}

cli::RootFinder::Root ControlFaults::AwaitRoot(uint64_t newer_than) {
  cli::RootFinder::Root root;
  EXPECT_TRUE(cli::WaitFor(kPatience, [&] {
    const auto found = finder_->Find();
    if (found.has_value()) root = *found;
    return found.has_value() && found->epoch > newer_than;
  })) << "no root with an epoch after " << newer_than;
  return root;
}

bool ControlFaults::AwaitSentinel(const std::string& node, uint64_t epoch) {
  return cli::WaitFor(kPatience, [&] {
    const auto role = finder_->RoleOf(node);
    return role.has_value() && role->role() == config_vault::v1::ROLE_SENTINEL &&
           role->epoch() >= epoch;
  });
}

size_t ControlFaults::IndexOf(const std::string& node) {
  const auto ids = fleet().ControlNodeIds();
  return static_cast<size_t>(std::find(ids.begin(), ids.end(), node) - ids.begin());
}

void ControlFaults::ExpectAllIsWell() {
  EXPECT_TRUE(AwaitProgress());
  load_->Stop();
  int reader = kLastReader;
  for (const auto& node : fleet().site().control_nodes) {
    const auto vault = clients().Vault({node});
    ASSERT_TRUE(vault.ok()) << vault.status();
    EXPECT_EQ(ReadAll(reader++, **vault, recorder_), absl::OkStatus()) << node.vault;
  }
  const absl::Status verdict = CheckRecorded(recorder_);
  EXPECT_TRUE(verdict.ok()) << verdict.message();
}

}  // namespace understudy::faults
