// What every store must do, in memory and on RocksDB, plain and encrypted.
#include "services/checkpoint_store/checkpoint_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/status/status.h"
#include "services/checkpoint_store/rocksdb_checkpoint_store.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"
#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

namespace understudy::checkpoint_store {
namespace {

const Identifier kFirst = MakeIdentifier("first");

std::unique_ptr<CheckpointStore> OpenRocksdb(const RocksdbOptions& options) {
  const std::string directory = std::string(std::getenv("TEST_TMPDIR")) + "/store";
  std::filesystem::remove_all(directory);
  return *OpenRocksdbCheckpointStore(directory, options);
}

struct Kind {
  std::string name;
  std::function<std::unique_ptr<CheckpointStore>()> open;
};

class CheckpointStoreTest : public ::testing::TestWithParam<Kind> {
 protected:
  std::map<DeviceNumber, Device> Loaded() {
    std::map<DeviceNumber, Device> devices;
    counters_ = *harness_.store().Load([&](const std::shared_ptr<const Device>& device) {
      devices[device->number] = *device;
    });
    return devices;
  }

  CheckpointHarness harness_{GetParam().open()};
  Counters counters_;
};

TEST_P(CheckpointStoreTest, IsEmptyAtFirst) {
  EXPECT_TRUE(Loaded().empty());
  EXPECT_EQ(counters_, Counters());
  EXPECT_EQ(harness_.store().ReadContent(1, 1).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(CheckpointStoreTest, ADeviceComesBackAsItWasWritten) {
  Enrol enrol = MakeEnrol(kFirst, "meter-1", "factory");
  enrol.content_type = "application/cbor";
  enrol.time = absl::FromUnixMicros(1'700'000'000'123'456);
  (void)harness_.Enrolled(enrol);
  Store store = MakeStore(harness_.Fetched(MakeFetch(kFirst)).next, "one", "night");
  store.time = enrol.time + absl::Seconds(20);
  store.claim = MakeIdentifier("claim");
  store.battery = {.percent = 87.5F, .millivolts = 2950};
  store.next_wake = 60;
  (void)harness_.Stored(store);
  (void)harness_.Apply(MakeStore(kFirst, "forged"));
  (void)harness_.Apply(MakeStage("meter-1", "new"));
  EXPECT_EQ(Loaded().at(1), *harness_.DeviceById("meter-1"));
  EXPECT_EQ(counters_.device_number, 1u);
}

TEST_P(CheckpointStoreTest, ATakenAndConfirmedChangeComesBackAsItWasWritten) {
  (void)harness_.Enrolled(MakeEnrol(kFirst, "meter-1", "factory"));
  Stage stage = MakeStage("meter-1", "new");
  stage.time = absl::FromUnixSeconds(1'700'000'000);
  (void)harness_.Apply(stage);
  Fetch fetch = MakeFetch(kFirst);
  fetch.time = stage.time + absl::Seconds(1);
  Store store = MakeStore(harness_.Fetched(fetch).next, "one");
  store.time = fetch.time + absl::Seconds(1);
  (void)harness_.Stored(store);
  ASSERT_TRUE(harness_.DeviceById("meter-1")->staged->confirmed_at.has_value());
  EXPECT_EQ(Loaded().at(1), *harness_.DeviceById("meter-1"));
}

TEST_P(CheckpointStoreTest, ContentComesBackAsItWasWritten) {
  std::string content(5000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7);
  (void)harness_.Enrolled(MakeEnrol(kFirst, "meter-1", content));
  EXPECT_EQ(*harness_.store().ReadContent(1, 1), content);
  (void)harness_.Enrolled(MakeEnrol(MakeIdentifier("b"), "meter-2", ""));
  EXPECT_EQ(*harness_.store().ReadContent(2, 1), "");
}

TEST_P(CheckpointStoreTest, ErasedContentAndDevicesAreGone) {
  (void)harness_.Enrolled(MakeEnrol(kFirst, "meter-1", "a"));
  (void)harness_.Enrolled(MakeEnrol(MakeIdentifier("b"), "meter-2", "b"));
  ASSERT_TRUE(harness_.Apply(Revoke{"meter-1", /*purge=*/true}).ok());
  ASSERT_TRUE(harness_.Apply(Revoke{"meter-2"}).ok());
  EXPECT_EQ(Loaded().size(), 1u);
  EXPECT_TRUE(Loaded().at(2).revoked);
  EXPECT_FALSE(harness_.store().ReadContent(1, 1).ok());
  EXPECT_FALSE(harness_.store().ReadContent(2, 1).ok());
}

TEST_P(CheckpointStoreTest, RecoversWhenNothingIsWrong) {
  (void)harness_.Enrolled(MakeEnrol(kFirst, "meter-1", "a"));
  EXPECT_TRUE(harness_.store().Recover().ok());
  EXPECT_EQ(Loaded().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Stores, CheckpointStoreTest,
    ::testing::Values(
        Kind{"memory", [] { return std::make_unique<MemoryCheckpointStore>(); }},
        Kind{"rocksdb", [] { return OpenRocksdb({}); }},
        Kind{"encrypted",
             [] {
               return OpenRocksdb({.cipher = std::make_shared<RestCipher>(RestCipher::Key{7})});
             }}),
    [](const ::testing::TestParamInfo<Kind>& kind) { return kind.param.name; });

}  // namespace
}  // namespace understudy::checkpoint_store
