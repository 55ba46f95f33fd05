#include "services/station_agent/staged_documents.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/document/compression.h"
#include "services/station_agent/atomic_file.h"

namespace understudy::station_agent {
namespace {

PackedDocument Document(const std::string& duty, const std::string& content) {
  return {{duty, "duties/" + duty, 7, Sha256Of(content), content.size()}, *Pack(content)};
}

class StagedDocumentsTest : public testing::Test {
 protected:
  StagedDocumentsTest() { std::filesystem::remove_all(directory_); }

  StagedDocuments::Loaded Load() {
    StagedDocuments store(directory_);
    auto loaded = store.Load();
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.ok() ? *loaded : StagedDocuments::Loaded();
  }
  std::string PathOf(const std::string& duty) const {
    return directory_ + "/" + duty + ".document";
  }

  const std::string directory_ = std::string(getenv("TEST_TMPDIR")) + "/" +
                                 testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(StagedDocumentsTest, KeepsDocumentsOverARestart) {
  {
    StagedDocuments store(directory_);
    ASSERT_TRUE(store.Load().ok());
    ASSERT_TRUE(store.Save(Document("gate", "{\"a\":1}")).ok());
    ASSERT_TRUE(store.Save(Document("pump", "{\"b\":2}")).ok());
  }
  const auto loaded = Load();
  ASSERT_EQ(loaded.documents.size(), 2u);
  EXPECT_EQ(loaded.documents[0].info, Document("gate", "{\"a\":1}").info);
  EXPECT_EQ(*Unpack(loaded.documents[1].packed), "{\"b\":2}");
  EXPECT_TRUE(loaded.problems.empty());
}

TEST_F(StagedDocumentsTest, ReplacesADutysDocument) {
  Load();
  StagedDocuments store(directory_);
  ASSERT_TRUE(store.Save(Document("gate", "1")).ok());
  ASSERT_TRUE(store.Save(Document("gate", "2")).ok());
  const auto loaded = Load();
  ASSERT_EQ(loaded.documents.size(), 1u);
  EXPECT_EQ(*Unpack(loaded.documents[0].packed), "2");
}

TEST_F(StagedDocumentsTest, ForgetsADocument) {
  Load();
  StagedDocuments store(directory_);
  ASSERT_TRUE(store.Save(Document("gate", "1")).ok());
  ASSERT_TRUE(store.Remove("gate").ok());
  ASSERT_TRUE(store.Remove("gate").ok());
  EXPECT_TRUE(Load().documents.empty());
}

TEST_F(StagedDocumentsTest, DropsWhatIsDamagedAndSaysSo) {
  Load();
  StagedDocuments store(directory_);
  ASSERT_TRUE(store.Save(Document("gate", std::string(1000, 'a'))).ok());
  ASSERT_TRUE(store.Save(Document("pump", "{}")).ok());
  {
    std::fstream file(PathOf("gate"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-3, std::ios::end);
    file.put('!');
  }
  const auto loaded = Load();
  ASSERT_EQ(loaded.documents.size(), 1u);
  EXPECT_EQ(loaded.documents[0].info.duty_id, "pump");
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(PathOf("gate")));
}

TEST_F(StagedDocumentsTest, DropsADocumentUnderAnothersName) {
  Load();
  StagedDocuments store(directory_);
  ASSERT_TRUE(store.Save(Document("gate", "1")).ok());
  std::filesystem::rename(PathOf("gate"), PathOf("pump"));
  EXPECT_TRUE(Load().documents.empty());
}

TEST_F(StagedDocumentsTest, CleansUpAfterAnUnfinishedWrite) {
  Load();
  std::ofstream(directory_ + "/gate.document.unfinished") << "half";
  EXPECT_TRUE(Load().documents.empty());
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(StagedDocumentsTest, RefusesFilesThatAreNoDocuments) {
  const std::string good = EncodeDocumentFile(Document("gate", "{}"));
  EXPECT_TRUE(DecodeDocumentFile(good).ok());
  for (const std::string& bad :
       {std::string(), std::string("no line"), std::string("{}\n"), std::string("[]\nabc"),
        good.substr(0, good.size() - 1), good + "x", "x" + good}) {
    EXPECT_FALSE(DecodeDocumentFile(bad).ok()) << bad;
  }
}

TEST(AtomicFileTest, SaysThatThereIsNoFile) {
  const auto bytes = ReadWholeFile("/no/such/file", 10);
  ASSERT_TRUE(bytes.ok());
  EXPECT_FALSE(bytes->has_value());
}

TEST(AtomicFileTest, RefusesAFileOverItsLimit) {
  const std::string path = std::string(getenv("TEST_TMPDIR")) + "/large";
  ASSERT_TRUE(WriteFileAtomically(path, "0123456789").ok());
  EXPECT_TRUE(ReadWholeFile(path, 10).ok());
  EXPECT_FALSE(ReadWholeFile(path, 9).ok());
}

TEST(AtomicFileTest, SaysWhyItCannotWrite) {
  EXPECT_FALSE(WriteFileAtomically("/no/such/directory/file", "x").ok());
}

}  // namespace
}  // namespace understudy::station_agent
