#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/testing/command_line_test_base.h"
#include "common/document/compression.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

namespace fs = std::filesystem;
namespace v1 = config_vault::v1;

class ConfigExportTest : public CommandLineTestBase {
 protected:
  void SetUp() override { fs::remove_all(directory_); }

  // In the listing, and readable.
  void Have(const std::string& name, const std::string& content) {
    if (site_.lists.empty()) site_.lists.emplace_back();
    v1::DocumentInfo& info = *site_.lists.back().add_documents();
    info.set_name(name);
    info.set_revision(7);
    info.set_sha256(Sha256ToBytes(Sha256Of(content)));
    v1::GetResponse& document = site_.documents[name];
    *document.mutable_info() = info;
    document.set_content(*Pack(content));
    document.set_encoding(v1::ENCODING_ZSTD);
  }
  std::string Read(const std::string& name) const {
    std::ostringstream content;
    content << std::ifstream(fs::path(directory_) / name, std::ios::binary).rdbuf();
    return content.str();
  }
  size_t Files() const {
    size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
      files += entry.is_regular_file() ? 1 : 0;
    }
    return files;
  }

  const std::string directory_ = std::string(std::getenv("TEST_TMPDIR")) + "/documents";
};

TEST_F(ConfigExportTest, WritesEachDocumentIntoAFileOfItsNameForItsOwnerAlone) {
  Have("duties/gate", "{\"level\": 1}\n");
  Have("duties/north/gate", "{}");
  Have("policy", "{\"a\": 2}");
  EXPECT_EQ(Run({"config", "export", directory_, "--prefix", "d"}), 0) << err_;
  EXPECT_EQ(out_, "3 documents, 23 B, in " + directory_ + "\n");
  EXPECT_EQ(site_.list_request.prefix(), "d");
  EXPECT_EQ(Read("duties/gate"), "{\"level\": 1}\n");
  EXPECT_EQ(Read("duties/north/gate"), "{}");
  EXPECT_EQ(Files(), 3u);
  struct stat about = {};
  ASSERT_EQ(stat((directory_ + "/policy").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(ConfigExportTest, ReplacesWhatIsThereAndLeavesOtherFilesAlone) {
  fs::create_directories(directory_);
  std::ofstream(directory_ + "/a") << "old";
  std::ofstream(directory_ + "/other") << "kept";
  Have("a", "1");
  EXPECT_EQ(Run({"config", "export", directory_}), 0) << err_;
  EXPECT_EQ(Read("a"), "1");
  EXPECT_EQ(Read("other"), "kept");
}

TEST_F(ConfigExportTest, ADocumentThatWasDeletedMeanwhileIsLeftOut) {
  Have("a", "1");
  Have("b", "2");
  site_.documents.erase("a");
  EXPECT_EQ(Run({"config", "export", directory_}), 0) << err_;
  EXPECT_EQ(out_.substr(0, 12), "1 documents,");
}

TEST_F(ConfigExportTest, ANameThatWouldLeaveTheDirectoryIsRefused) {
  Have("../evil", "1");
  EXPECT_NE(Run({"config", "export", directory_}), 0);
  EXPECT_NE(err_.find("INVALID_NAME"), std::string::npos) << err_;
  EXPECT_FALSE(fs::exists(fs::path(directory_).parent_path() / "evil"));
}

TEST_F(ConfigExportTest, ContentThatIsNotWhatTheVaultSaysIsRefused) {
  Have("a", "1");
  site_.documents["a"].set_content(*Pack("2"));
  EXPECT_NE(Run({"config", "export", directory_}), 0);
  EXPECT_NE(err_.find("HASH_MISMATCH"), std::string::npos) << err_;
  EXPECT_EQ(Files(), 0u);
}

TEST_F(ConfigExportTest, WhatCannotBeWrittenIsNamed) {
  Have("a", "1");
  Have("a/b", "2");
  EXPECT_NE(Run({"config", "export", directory_}), 0);
  EXPECT_NE(err_.find("FILE_NOT_WRITABLE"), std::string::npos) << err_;
  EXPECT_NE(err_.find(directory_ + "/a"), std::string::npos) << err_;
}

TEST_F(ConfigExportTest, AsksForWhatIsAtHandAndSaysHowOldItIs) {
  Have("a", "1");
  site_.lists.back().mutable_data_age()->set_seconds(2);
  EXPECT_EQ(Run({"config", "export", directory_, "--stale"}), 0) << err_;
  EXPECT_EQ(site_.get_request.consistency(), type::v1::CONSISTENCY_STALE);
  EXPECT_EQ(site_.list_request.consistency(), type::v1::CONSISTENCY_STALE);
  EXPECT_NE(err_.find("as of 2"), std::string::npos) << err_;
}

TEST_F(ConfigExportTest, SaysAllOfItAsJsonByName) {
  Have("b", "2");
  Have("a", "1");
  EXPECT_EQ(Run({"config", "export", directory_, "-o", "json"}), 0) << err_;
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["directory"], directory_);
  EXPECT_EQ(json["bytes"], 2);
  ASSERT_EQ(json["documents"].size(), 2u);
  EXPECT_EQ(json["documents"][0]["name"], "a");
}

}  // namespace
}  // namespace understudy::cli
