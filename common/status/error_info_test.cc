#include "common/status/error_info.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"

namespace understudy {
namespace {

ErrorInfo Example() {
  return {.reason = "REVISION_MISMATCH",
          .domain = "config-vault.understudy",
          .metadata = {{"", ""}, {"current_revision", "5"}, {"long", std::string(300, 'x')}}};
}

TEST(ErrorInfoTest, IsReadByTheGeneratedCode) {
  google::rpc::ErrorInfo message;
  ASSERT_TRUE(message.ParseFromString(EncodeErrorInfo(Example())));
  EXPECT_EQ(message.reason(), Example().reason);
  EXPECT_EQ(message.domain(), Example().domain);
  const std::map<std::string, std::string> metadata(message.metadata().begin(),
                                                    message.metadata().end());
  EXPECT_EQ(metadata, Example().metadata);
}

TEST(ErrorInfoTest, ReadsWhatTheGeneratedCodeWrites) {
  google::rpc::ErrorInfo message;
  message.set_reason(Example().reason);
  message.set_domain(Example().domain);
  for (const auto& [key, value] : Example().metadata) (*message.mutable_metadata())[key] = value;
  EXPECT_EQ(DecodeErrorInfo(message.SerializeAsString()), Example());
}

TEST(ErrorInfoTest, EncodesNothingAsNothing) {
  EXPECT_EQ(EncodeErrorInfo({}), "");
  EXPECT_EQ(DecodeErrorInfo(""), ErrorInfo());
}

TEST(ErrorInfoTest, SkipsFieldsThatItDoesNotKnow) {
  const std::string unknown("\x20\x96\x01\x29........\x35....\x3A\x02hi", 21);
  EXPECT_EQ(DecodeErrorInfo(unknown + EncodeErrorInfo(Example())), Example());
}

TEST(ErrorInfoTest, RefusesWhatIsMalformed) {
  const std::string overlong(11, '\x80');
  const std::string_view bad[] = {"\x0A",
                                  "\x0A\x05"
                                  "abc",
                                  "\x80",
                                  overlong,
                                  "\x0B",
                                  "\x02\x01x",
                                  "\x29....",
                                  "\x1A\x02\x0A\x05"};
  for (const std::string_view bytes : bad) EXPECT_EQ(DecodeErrorInfo(bytes), std::nullopt);
}

TEST(ErrorInfoTest, ReadsNoByteBeyondAnyCut) {
  const std::string bytes = EncodeErrorInfo(Example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    // A copy of its own length, so that a sanitizer sees a read past the end.
    const std::string cut = bytes.substr(0, size);
    DecodeErrorInfo(cut);
  }
}

}  // namespace
}  // namespace understudy
