#include "services/checkpoint_store/rocksdb_checkpoint_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "common/status/status.h"
#include "services/checkpoint_store/storage_codec.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"

namespace understudy::checkpoint_store {
namespace {

constexpr char kSecret[] = "a checkpoint that nobody may read";

class RocksdbCheckpointStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(directory_); }

  absl::StatusOr<std::unique_ptr<CheckpointStore>> Open(int key = 0) {
    RocksdbOptions options;
    if (key != 0) {
      options.cipher = std::make_shared<RestCipher>(RestCipher::Key{static_cast<uint8_t>(key)});
    }
    return OpenRocksdbCheckpointStore(directory_, options);
  }
  std::string ReasonOfOpening(int key = 0) { return ErrorReason(Open(key).status()); }
  bool AnyFileHolds(const std::string& text) {
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      std::ifstream file(entry.path());
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find(text) != std::string::npos) return true;
    }
    return false;
  }

  const std::string directory_ = std::string(std::getenv("TEST_TMPDIR")) + "/store";
};

TEST_F(RocksdbCheckpointStoreTest, WhatIsAcknowledgedIsThereAfterClosing) {
  const Identifier first = MakeIdentifier("first");
  Identifier next;
  {
    CheckpointHarness harness(*Open());
    (void)harness.Enrolled(MakeEnrol(first, "meter-1", "factory"));
    next = harness.Fetched(MakeFetch(first)).next;
    (void)harness.Stored(MakeStore(next, "one"));
  }
  CheckpointHarness again(*Open());
  EXPECT_EQ(*again.ContentOf(*again.Get(MakeFetch(next))), "one");
  EXPECT_EQ(ErrorReason(again.Get(MakeFetch(first)).status()), "DEAD_IDENTIFIER");
}

TEST_F(RocksdbCheckpointStoreTest, TwoAtATimeAreRefused) {
  const auto held = Open();
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(ReasonOfOpening(), "DATA_IN_USE");
}

TEST_F(RocksdbCheckpointStoreTest, WithAKeyNeitherContentNorIdentifiersLieOnTheDiskInTheClear) {
  const Identifier first = MakeIdentifier("first");
  CheckpointHarness(*Open(1)).Enrolled(MakeEnrol(first, "meter-1", kSecret));
  EXPECT_FALSE(AnyFileHolds(kSecret));
  EXPECT_FALSE(AnyFileHolds(std::string(first.bytes())));
  EXPECT_FALSE(AnyFileHolds("meter-1"));
  std::filesystem::remove_all(directory_);
  CheckpointHarness(*Open()).Enrolled(MakeEnrol(first, "meter-1", kSecret));
  EXPECT_TRUE(AnyFileHolds(kSecret));
}

TEST_F(RocksdbCheckpointStoreTest, TheWrongKeyAMissingOneAndAnIdleOneAreRefused) {
  ASSERT_TRUE(Open(1).ok());
  EXPECT_EQ(ReasonOfOpening(2), "WRONG_KEY");
  EXPECT_EQ(ReasonOfOpening(), "WRONG_KEY");
  EXPECT_TRUE(Open(1).ok());
  std::filesystem::remove_all(directory_);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(ReasonOfOpening(1), "WRONG_KEY");
}

TEST_F(RocksdbCheckpointStoreTest, ARecordThatIsNoneIsNoDevice) {
  EXPECT_EQ(ErrorReason(storage::DecodeDevice("\xff\xff").status()), "CORRUPT_RECORD");
  EXPECT_EQ(ErrorReason(storage::DecodeDevice("").status()), "CORRUPT_RECORD");
}

TEST_F(RocksdbCheckpointStoreTest, ASealedRecordOpensOnlyInItsPlace) {
  const RestCipher cipher(RestCipher::Key{1});
  std::string sealed = cipher.Seal("d/1", "text");
  EXPECT_EQ(*cipher.Open("d/1", sealed), "text");
  EXPECT_EQ(ErrorReason(cipher.Open("d/2", sealed).status()), "CORRUPT_RECORD");
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  EXPECT_FALSE(cipher.Open("d/1", sealed).ok());
  EXPECT_FALSE(cipher.Open("d/1", "short").ok());
}

TEST_F(RocksdbCheckpointStoreTest, AKeyFileMustHoldAKeyAndBelongToItsOwnerAlone) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/rest.key";
  EXPECT_EQ(ErrorReason(ReadRestCipher(path).status()), "BAD_KEY_FILE");
  std::ofstream(path) << std::string(64, 'a') << "\n";
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(ErrorReason(ReadRestCipher(path).status()), "BAD_KEY_FILE");
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(ReadRestCipher(path).ok());
  std::ofstream(path) << "short";
  EXPECT_EQ(ErrorReason(ReadRestCipher(path).status()), "BAD_KEY_FILE");
}

}  // namespace
}  // namespace understudy::checkpoint_store
