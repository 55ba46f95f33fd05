#include "common/document/compression.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "common/status/status.h"

namespace understudy {
namespace {

std::string Reason(std::string_view packed) { return ErrorReason(Unpack(packed).status()); }

// A frame as a stranger could make it.
std::string Frame(std::string_view content, bool states_size, bool checksum = false) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, states_size ? 1 : 0);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0);
  std::string frame(ZSTD_compressBound(content.size()), '\0');
  frame.resize(ZSTD_compress2(context, frame.data(), frame.size(), content.data(), content.size()));
  ZSTD_freeCCtx(context);
  return frame;
}

TEST(CompressionTest, UnpacksWhatItPacked) {
  std::string document;
  for (int i = 0; i < 500; ++i) document += "{\"camera\": " + std::to_string(i) + "}\n";
  const auto packed = Pack(document);
  ASSERT_TRUE(packed.ok());
  EXPECT_LT(packed->size(), document.size() / 2);
  EXPECT_EQ(*Unpack(*packed), document);
}

TEST(CompressionTest, PacksNothingAndBack) { EXPECT_EQ(*Unpack(*Pack("")), ""); }

TEST(CompressionTest, TakesADocumentOfTheLargestSizeAndNoByteMore) {
  const std::string largest(kMaxDocumentBytes, 'x');
  EXPECT_EQ(*Unpack(*Pack(largest)), largest);
  const absl::Status status = Pack(largest + "x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(status), "DOCUMENT_TOO_LARGE");
  EXPECT_EQ(ErrorMetadata(status)["limit_bytes"], "4194304");
}

TEST(CompressionTest, RefusesAFrameThatWouldUnpackToTooMuch) {
  const std::string bomb = Frame(std::string(64 << 20, '\0'), /*states_size=*/true);
  EXPECT_LT(bomb.size(), 10'000u);
  EXPECT_EQ(Reason(bomb), "DOCUMENT_TOO_LARGE");
}

TEST(CompressionTest, RefusesAFrameThatStatesNoSize) {
  EXPECT_EQ(Reason(Frame("abc", /*states_size=*/false)), "INVALID_ENCODING");
}

TEST(CompressionTest, RefusesMorePackedBytesThanAnyDocumentNeeds) {
  EXPECT_EQ(Reason(std::string(8 << 20, 'x')), "DOCUMENT_TOO_LARGE");
}

TEST(CompressionTest, RefusesWhatIsNoFrame) {
  EXPECT_EQ(Reason(""), "INVALID_ENCODING");
  EXPECT_EQ(Reason("{}"), "INVALID_ENCODING");
  EXPECT_EQ(Reason("\x28\xB5\x2F\xFD"), "INVALID_ENCODING");
}

TEST(CompressionTest, RefusesSkippableFramesAndWhatFollowsAFrame) {
  const std::string skippable("\x50\x2A\x4D\x18\x04\x00\x00\x00skip", 12);
  const std::string frame = *Pack("abc");
  EXPECT_EQ(Reason(skippable), "INVALID_ENCODING");
  EXPECT_EQ(Reason(skippable + frame), "INVALID_ENCODING");
  EXPECT_EQ(Reason(frame + skippable), "INVALID_ENCODING");
  EXPECT_EQ(Reason(frame + frame), "INVALID_ENCODING");
  EXPECT_EQ(Reason(frame + "x"), "INVALID_ENCODING");
}

TEST(CompressionTest, RefusesAFrameCutAtAnyByte) {
  const std::string frame = *Pack(std::string(1000, 'x') + "abc");
  for (size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(Reason(frame.substr(0, size)), "INVALID_ENCODING") << size;
  }
}

TEST(CompressionTest, RefusesADamagedFrameThatHasAChecksum) {
  std::string frame = Frame("a document that nobody may change", true, /*checksum=*/true);
  frame.back() = static_cast<char>(frame.back() ^ 1);
  EXPECT_EQ(Reason(frame), "INVALID_ENCODING");
}

}  // namespace
}  // namespace understudy
