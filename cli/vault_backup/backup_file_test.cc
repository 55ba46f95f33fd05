#include "cli/vault_backup/backup_file.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "common/status/status.h"

namespace understudy::cli {
namespace {

BackupManifest Manifest() {
  return {.made_at = absl::FromUnixMicros(1'764'100'000'123'456),
          .vault = "127.0.0.1:7102",
          .epoch = 7,
          .revision = 412,
          .documents = 3,
          .kept_revisions = 40,
          .counters = std::string("\x08\x9c\x03\x00", 4)};
}

std::string Written(const std::vector<std::string>& pieces) {
  std::ostringstream out;
  BackupWriter writer(out);
  EXPECT_TRUE(writer.Begin(Manifest()).ok());
  for (const std::string& piece : pieces) EXPECT_TRUE(writer.AddPiece(piece).ok());
  EXPECT_TRUE(writer.End().ok());
  EXPECT_EQ(writer.bytes(), out.str().size());
  return out.str();
}

// The pieces, or the first error.
absl::StatusOr<std::vector<std::string>> ReadAll(const std::string& bytes) {
  std::istringstream in(bytes);
  BackupReader reader(in, "b.vault");
  UNDERSTUDY_RETURN_IF_ERROR(reader.Begin().status());
  std::vector<std::string> pieces;
  while (true) {
    UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<std::string> piece, reader.NextPiece());
    if (!piece.has_value()) return pieces;
    pieces.push_back(*std::move(piece));
  }
}

std::string ReasonOf(const std::string& bytes) { return ErrorReason(ReadAll(bytes).status()); }

TEST(BackupFileTest, WhatWasWrittenIsRead) {
  const std::vector<std::string> pieces = {"one", std::string(100'000, 'x'), ""};
  const std::string bytes = Written(pieces);
  EXPECT_LT(bytes.size(), 2000u);
  EXPECT_EQ(*ReadAll(bytes), pieces);
  std::istringstream in(bytes);
  EXPECT_EQ(*BackupReader(in, "b").Begin(), Manifest());
}

TEST(BackupFileTest, APieceThatIsTooLargeToBePackedIsKeptAsItIs) {
  const std::vector<std::string> pieces = {std::string((4 << 20) + 1, 'y')};
  EXPECT_EQ(*ReadAll(Written(pieces)), pieces);
}

TEST(BackupFileTest, WhereverItIsCutOffItIsRefused) {
  const std::string bytes = Written({"one", "two"});
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string reason = ReasonOf(bytes.substr(0, size));
    EXPECT_EQ(reason, size < 24 ? "NOT_A_BACKUP" : "TRUNCATED_BACKUP") << size;
  }
}

TEST(BackupFileTest, WhicheverByteIsAlteredItIsRefused) {
  const std::string bytes = Written({"one", "two"});
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ 0x10);
    EXPECT_FALSE(ReadAll(altered).ok()) << i;
  }
}

TEST(BackupFileTest, AnErrorSaysWhere) {
  std::string bytes = Written({"one", "two"});
  EXPECT_EQ(ErrorMetadata(ReadAll(bytes.substr(0, 50)).status())["offset"], "50");
  bytes[30] = '!';
  const absl::Status altered = ReadAll(bytes).status();
  EXPECT_EQ(ErrorReason(altered), "ALTERED_BACKUP");
  EXPECT_EQ(ErrorMetadata(altered)["offset"], "26");
}

TEST(BackupFileTest, RecordsThatWereTakenOutOrPutInAreMissed) {
  const std::string whole = Written({"one", "two", "three"});
  const std::string less = Written({"one", "two"});
  const std::string none = Written({});
  // The manifest and the first pieces of one, the end of the other.
  const std::string end = whole.substr(whole.find("{\"pieces\"") - 37);
  EXPECT_EQ(ReasonOf(less.substr(0, less.find("{\"pieces\"") - 37) + end), "ALTERED_BACKUP");
  EXPECT_EQ(ReasonOf(none.substr(0, none.find("{\"pieces\"") - 37) + end), "ALTERED_BACKUP");
  EXPECT_EQ(ReasonOf(whole + "x"), "ALTERED_BACKUP");
}

TEST(BackupFileTest, ForeignAndNewerFilesAreNamed) {
  EXPECT_EQ(ReasonOf("PK\x03\x04 and something that is as long as a first line"), "NOT_A_BACKUP");
  std::string newer = Written({});
  newer[24] = '2';
  EXPECT_EQ(ReasonOf(newer), "NEWER_FORMAT");
}

TEST(BackupFileTest, ADiskThatIsFullIsNoticed) {
  std::ostringstream out;
  BackupWriter writer(out);
  ASSERT_TRUE(writer.Begin(Manifest()).ok());
  out.setstate(std::ios::badbit);
  EXPECT_EQ(ErrorReason(writer.AddPiece("x")), "WRITE_FAILED");
}

}  // namespace
}  // namespace understudy::cli
