#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/testing/command_line_test_base.h"
#include "cli/vault_backup/backup_file.h"
#include "common/document/chained_digest.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr char kVaults[] = "a:1,b:1,c:1";

class VaultVerbsTest : public CommandLineTestBase {
 protected:
  VaultVerbsTest() {
    std::filesystem::remove_all(file_);
    AddVault("a:1", 41);
    site_.role.set_role(config_vault::v1::ROLE_SENTINEL);
    site_.roles["b:1"].set_role(config_vault::v1::ROLE_ROOT);
  }

  config_vault::v1::GetPositionResponse& AddVault(const std::string& address, uint64_t revision) {
    auto& position = site_.positions[address];
    position.set_revision(revision);
    position.set_documents(3);
    position.set_kept_revisions(40);
    position.set_epoch(7);
    return position;
  }

  void MakeSnapshot(const std::vector<std::string>& pieces) {
    auto& header = *site_.snapshot.emplace_back().mutable_header();
    header.set_counters("counters");
    header.set_epoch(7);
    header.set_revision(41);
    header.set_documents(3);
    header.set_kept_revisions(40);
    ChainedDigest digest;
    for (const std::string& piece : pieces) {
      digest.Add(piece);
      site_.snapshot.emplace_back().set_piece(piece);
    }
    auto& trailer = *site_.snapshot.emplace_back().mutable_trailer();
    trailer.set_pieces(digest.pieces());
    trailer.set_sha256(digest.bytes());
  }

  int Vault(std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), {"--vault", kVaults, "vault"});
    return Run(words, input);
  }

  const std::string file_ = std::string(std::getenv("TEST_TMPDIR")) + "/site.vault";
};

TEST_F(VaultVerbsTest, ABackupIsTakenFromTheVaultThatHoldsTheMostAndIsForItsOwnerAlone) {
  AddVault("c:1", 42);
  MakeSnapshot({"one", "two"});
  ASSERT_EQ(Vault({"backup", file_}), 0) << err_;
  EXPECT_EQ(site_.called.back(), "c:1");
  EXPECT_EQ(out_.substr(0, file_.size() + 63),
            file_ + ": 3 documents, 40 revisions kept, at revision 41 under epoch 7,");
  EXPECT_EQ(std::filesystem::status(file_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(std::filesystem::exists(file_ + ".partial"));
  ASSERT_EQ(Vault({"check", file_, "-o", "json"}), 0) << err_;
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["pieces"], 2);
  EXPECT_EQ(json["revision"], 41);
}

TEST_F(VaultVerbsTest, AFileThatIsThereIsNotOverwrittenUnasked) {
  MakeSnapshot({});
  ASSERT_EQ(Vault({"backup", file_}), 0) << err_;
  EXPECT_NE(Vault({"backup", file_}), 0);
  EXPECT_NE(err_.find("--overwrite"), std::string::npos);
  EXPECT_EQ(Vault({"backup", file_, "--overwrite"}), 0) << err_;
}

TEST_F(VaultVerbsTest, AStreamThatBreaksOffLeavesNoFile) {
  MakeSnapshot({"one", "two"});
  site_.snapshot.pop_back();
  EXPECT_NE(Vault({"backup", file_}), 0);
  EXPECT_NE(err_.find("before its trailer"), std::string::npos) << err_;
  site_.snapshot.pop_back();
  site_.failure = MakeError(absl::StatusCode::kUnavailable, "NO_SNAPSHOT", "being filled");
  site_.positions.clear();
  EXPECT_NE(Vault({"backup", file_, "--from", "a:1"}), 0);
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_FALSE(std::filesystem::exists(file_ + ".partial"));
}

TEST_F(VaultVerbsTest, RestoreSendsTheWholeBackupToTheRoot) {
  MakeSnapshot({"one", "two"});
  ASSERT_EQ(Vault({"backup", file_}), 0) << err_;
  site_.restore.set_documents(3);
  site_.restore.set_revision(41);
  site_.restore.set_epoch(9);
  ASSERT_EQ(Vault({"restore", file_}), 0) << err_;
  EXPECT_EQ(site_.called.back(), "b:1");
  EXPECT_EQ(out_, "Restored: the vault holds 3 documents and 0 revisions, is at revision 41 under "
                  "epoch 9.\n");
  ASSERT_EQ(site_.restore_requests.size(), 4u);
  EXPECT_EQ(site_.restore_requests[0].header().counters(), "counters");
  EXPECT_EQ(site_.restore_requests[0].header().epoch(), 7u);
  EXPECT_FALSE(site_.restore_requests[0].header().replace());
  EXPECT_EQ(site_.restore_requests[2].piece(), "two");
  EXPECT_EQ(site_.restore_requests[3].trailer().sha256(),
            site_.snapshot.back().trailer().sha256());
}

TEST_F(VaultVerbsTest, ADamagedBackupIsNotSent) {
  MakeSnapshot({"one", "two"});
  ASSERT_EQ(Vault({"backup", file_}), 0) << err_;
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 1);
  EXPECT_NE(Vault({"restore", file_}), 0);
  EXPECT_NE(err_.find("is cut off: it ends at byte"), std::string::npos) << err_;
  EXPECT_NE(Vault({"restore", file_ + "x"}), 0);
  EXPECT_TRUE(site_.restore_requests.empty());
}

TEST_F(VaultVerbsTest, WhatIsThereIsReplacedOnlyWhenConfirmed) {
  MakeSnapshot({});
  ASSERT_EQ(Vault({"backup", file_}), 0) << err_;
  EXPECT_NE(Vault({"restore", file_, "--replace"}, "no\n"), 0);
  EXPECT_TRUE(site_.restore_requests.empty());
  EXPECT_EQ(Vault({"restore", file_, "--replace"}, "yes\n"), 0) << err_;
  EXPECT_TRUE(site_.restore_requests[0].header().replace());
}

TEST_F(VaultVerbsTest, RestoreWaitsWhileTheSiteIsChoosingItsRoot) {
  MakeSnapshot({"one"});
  ASSERT_EQ(Vault({"backup", file_}), 0) << err_;
  site_.roles_unsettled = 3;
  EXPECT_EQ(Vault({"restore", file_, "--timeout=10m"}), 0) << err_;
  EXPECT_EQ(site_.roles_unsettled, 0);
}

TEST_F(VaultVerbsTest, WithoutARootNothingIsRestored) {
  MakeSnapshot({});
  ASSERT_EQ(Vault({"backup", file_}), 0) << err_;
  site_.roles.clear();
  EXPECT_NE(Vault({"restore", file_, "--timeout=1ms"}), 0);
  EXPECT_NE(err_.find("no vault says that it is the root's"), std::string::npos) << err_;
}

TEST_F(VaultVerbsTest, ReseedSaysWhatIsNewerElsewhereAndAsks) {
  AddVault("b:1", 44);
  EXPECT_NE(Vault({"reseed", "--from", "a:1"}, "\n"), 0);
  EXPECT_EQ(out_,
            "VAULT  REVISION  DOCUMENTS  HISTORY  EPOCH  WHAT\n"
            "a:1          41          3       40      7  to build from\n"
            "b:1          44          3       40      7  newer\n"
            "c:1           -          -        -      -  does not answer\n");
  EXPECT_NE(err_.find("b:1 holds 3 writes more, up to revision 44"), std::string::npos) << err_;
  EXPECT_NE(err_.find("c:1 does not answer: it may hold newer writes."), std::string::npos);
  EXPECT_EQ(site_.seeded, "");
  site_.seed.set_documents(3);
  site_.seed.set_revision(44);
  site_.seed.set_epoch_base(1'000'007);
  EXPECT_EQ(Vault({"reseed", "--yes"}), 0) << err_;
  EXPECT_EQ(site_.seeded, "b:1");
  EXPECT_NE(out_.find("etcd is built anew: 3 documents, revision 44, epochs above 1000007.\n"),
            std::string::npos);
}

TEST_F(VaultVerbsTest, ReseedKnowsTheSitesVaultsAlone) {
  EXPECT_NE(Vault({"reseed", "--from", "x:1", "--yes"}), 0);
  EXPECT_NE(Vault({"reseed", "--from", "c:1", "--yes"}), 0);
  EXPECT_EQ(site_.seeded, "");
}

TEST_F(VaultVerbsTest, AStaleReadSaysHowOldItIs) {
  site_.lists.emplace_back().mutable_data_age()->set_nanos(340'000'000);
  EXPECT_EQ(Run({"config", "list", "--stale"}), 0);
  EXPECT_EQ(site_.list_request.consistency(), type::v1::CONSISTENCY_STALE);
  EXPECT_EQ(err_, "as of 340 ms ago\nNo document.\n");
  site_.lists.emplace_back().mutable_data_age()->set_nanos(340'000'000);
  EXPECT_EQ(Run({"config", "list", "--stale", "-o", "json"}), 0);
  EXPECT_NE(out_.find("0.340s"), std::string::npos) << out_;
}

}  // namespace
}  // namespace understudy::cli
