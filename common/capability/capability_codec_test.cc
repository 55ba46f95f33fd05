#include "common/capability/capability_codec.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy {
namespace {

TEST(CapabilityCodecTest, ComesBackAsItWentOut) {
  const CapabilitySet set = *ParseCapabilitySet("camera.rtsp: 16, npu.tops: 8");
  EXPECT_EQ(*DecodeCapabilitySet(EncodeCapabilitySet(set)), set);
}

TEST(CapabilityCodecTest, RefusesWhatTheDomainRefuses) {
  type::v1::CapabilitySet message;
  (*message.mutable_counts())["Camera"] = 1;
  EXPECT_EQ(ErrorReason(DecodeCapabilitySet(message).status()), "INVALID_CAPABILITIES");
}

}  // namespace
}  // namespace understudy
