// What only a store on a disk can do: be opened again, be damaged, be full.
#include "services/config_vault/rocksdb_vault_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "common/status/status.h"
#include "rocksdb/db.h"
#include "services/config_vault/rocksdb_keys.h"
#include "services/config_vault/storage_codec.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault {
namespace {

class RocksdbVaultStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<VaultStore> Open() {
    auto store = OpenRocksdbVaultStore(directory_, {});
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  absl::Status OpenError() { return OpenRocksdbVaultStore(directory_, {}).status(); }

  const std::string directory_ = std::string(std::getenv("TEST_TMPDIR")) + "/vault";
};

TEST_F(RocksdbVaultStoreTest, WhatWasCommittedIsThereAfterItIsOpenedAgain) {
  {
    VaultHarness vault(Open());
    vault.Document(MakePut("a", "1"));
    ASSERT_TRUE(vault.Apply(PutStation{MakeStation("gate-1"), 1}).ok());
  }
  VaultHarness vault(Open());
  EXPECT_EQ(vault.Read()->FindRevision("a", 1)->value().packed, "1");
  EXPECT_EQ(vault.Read()->ReadCounters()->revision, 2u);
  EXPECT_EQ(vault.Read()->ListStations()->size(), 1u);
}

TEST_F(RocksdbVaultStoreTest, TheEpochGrowsOverStarts) {
  EXPECT_EQ(*Open()->AdvanceEpoch(0), 1u);
  EXPECT_EQ(*Open()->AdvanceEpoch(0), 2u);
}

TEST_F(RocksdbVaultStoreTest, ASecondOpenerIsToldThatTheDataIsInUse) {
  const auto first = Open();
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(status), "DATA_IN_USE") << status;
}

void PutRaw(const std::string& directory, std::string_view key, const std::string& value) {
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* db = nullptr;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  ASSERT_TRUE(
      rocksdb::DB::Open(options, directory, {{"default", {}}, {"content", {}}}, &families, &db)
          .ok());
  ASSERT_TRUE(db->Put({}, rocksdb::Slice(key.data(), key.size()), value).ok());
  for (auto* family : families) (void)db->DestroyColumnFamilyHandle(family);
  delete db;
}

TEST_F(RocksdbVaultStoreTest, RefusesDataOfANewerVersion) {
  Open().reset();
  PutRaw(directory_, keys::kSchema, storage::EncodeSchema(kSchemaVersion + 1));
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(status), "NEWER_SCHEMA");
  EXPECT_EQ(ErrorMetadata(status).at("found"), std::to_string(kSchemaVersion + 1));
}

TEST_F(RocksdbVaultStoreTest, RefusesOtherRocksdbData) {
  PutRaw(directory_, "something", "else");
  EXPECT_EQ(ErrorReason(OpenError()), "NOT_A_VAULT");
}

TEST_F(RocksdbVaultStoreTest, ADirectoryThatCannotBeMadeIsAnError) {
  auto store = OpenRocksdbVaultStore("/proc/no-such-place/vault", {});
  EXPECT_EQ(ErrorReason(store.status()), "DISK_ERROR") << store.status();
}

TEST_F(RocksdbVaultStoreTest, DamageInTheSyncedLogIsRefusedNotCutOff) {
  {
    VaultHarness vault(Open());
    for (int i = 0; i < 50; ++i) vault.Document(MakePut("a", std::string(2000, 'a' + i % 26)));
  }
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    if (entry.path().extension() == ".log" && std::filesystem::file_size(entry.path()) > 50'000) {
      log = entry.path();
    }
  }
  ASSERT_FALSE(log.empty());
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(20'000);
  file.write("damage", 6);
  file.close();
  EXPECT_EQ(ErrorReason(OpenError()), "CORRUPT_RECORD") << OpenError();
}

TEST_F(RocksdbVaultStoreTest, ATornEndOfTheLogIsAWriteThatWasNeverAcknowledged) {
  {
    VaultHarness vault(Open());
    vault.Document(MakePut("a", "1"));
    vault.Document(MakePut("a", std::string(3000, 'x')));
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    if (entry.path().extension() != ".log") continue;
    const auto size = std::filesystem::file_size(entry.path());
    if (size > 3000) std::filesystem::resize_file(entry.path(), size - 100);
  }
  VaultHarness vault(Open());
  EXPECT_EQ(vault.Read()->FindHead("a")->value().latest.revision, 1u);
}

// A file size limit is a disk that takes no more.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(RocksdbVaultStoreTest, AfterAFailedWriteReadsGoOnAndTheStoreRecovers) {
  const auto store = Open();
  VaultBatch batch;
  PutDocument put = MakePut("a", std::string(1 << 20, 'x'));
  DocumentInfo info{.name = "a", .revision = 1, .sha256 = put.sha256, .size = put.size};
  batch.mutations.push_back(WriteRevision{{info, put.packed}, {info, 1, 1}});
  batch.counters.revision = 1;
  {
    const FileSizeLimit limit(100'000);
    const absl::Status status = store->Commit(batch);
    ASSERT_FALSE(status.ok());
    EXPECT_TRUE(ErrorReason(status) == "DISK_ERROR" || ErrorReason(status) == "DISK_FULL")
        << status;
    EXPECT_FALSE(store->Snapshot()->FindHead("a")->has_value());
    EXPECT_FALSE(store->Commit(batch).ok());
  }
  ASSERT_TRUE(store->Recover().ok()) << store->Recover();
  EXPECT_TRUE(store->Commit(batch).ok());
  EXPECT_EQ(store->Snapshot()->FindRevision("a", 1)->value().packed, put.packed);
}

TEST_F(RocksdbVaultStoreTest, WhereItCannotBeOpenedForWritingItIsReadUntilItCan) {
  VaultHarness vault(Open());
  for (int i = 0; i < 50; ++i) vault.Document(MakePut("a", std::string(2000, 'a' + i % 26)));
  VaultBatch batch;
  DocumentInfo info{.name = "b", .revision = 51};
  batch.mutations.push_back(WriteRevision{{info, std::string(100'000, 'x')}, {info, 51, 1}});
  batch.counters.revision = 51;
  {
    // The log has grown beyond it, and what opening writes out is larger, too.
    const FileSizeLimit limit(8'000);
    ASSERT_FALSE(vault.store().Commit(batch).ok());
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE(vault.store().Recover().ok());
      EXPECT_FALSE(vault.store().Commit(batch).ok());
      EXPECT_EQ(vault.Read()->FindHead("a")->value().latest.revision, 50u);
    }
  }
  ASSERT_TRUE(vault.store().Recover().ok());
  EXPECT_TRUE(vault.store().Commit(batch).ok());
  EXPECT_EQ(vault.Read()->ListChanges(0, 100)->size(), 51u);
}

TEST_F(RocksdbVaultStoreTest, AFailedWriteIsNotThereAfterRecoveryAndAnotherStart) {
  {
    const auto store = Open();
    VaultBatch batch;
    DocumentInfo info{.name = "a", .revision = 1};
    batch.mutations.push_back(WriteRevision{{info, std::string(1 << 20, 'x')}, {info, 1, 1}});
    batch.counters.revision = 1;
    {
      const FileSizeLimit limit(100'000);
      ASSERT_FALSE(store->Commit(batch).ok());
    }
    ASSERT_TRUE(store->Recover().ok());
    VaultBatch other;
    DocumentInfo small{.name = "b", .revision = 1};
    other.mutations.push_back(WriteRevision{{small, "1"}, {small, 1, 1}});
    other.counters.revision = 1;
    ASSERT_TRUE(store->Commit(other).ok());
  }
  const auto store = Open();
  EXPECT_FALSE(store->Snapshot()->FindHead("a")->has_value());
  EXPECT_EQ(store->Snapshot()->FindRevision("b", 1)->value().packed, "1");
}

}  // namespace
}  // namespace understudy::config_vault
