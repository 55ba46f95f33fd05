#include "services/config_vault/control_links.h"

#include <gtest/gtest.h>

#include <string>

namespace understudy::config_vault {
namespace {

const SteadyTime kNow = SteadyTime::FromNanoseconds(5'000'000'000);
constexpr char kSecret[] = "a secret that all nodes of the site share";

ControlLinks Links(const std::string& self, uint64_t instance, const char* secret = kSecret) {
  ControlLinks links(self, instance, ControlBeatKey(secret));
  links.SetPeers({"control-1", "control-2", "control-3"});
  return links;
}

ControlBeat SomeBeat() {
  return {.instance = 11,
          .epoch = 42,
          .root = "control-3",
          .is_root = false,
          .household_whole = true,
          .following = true,
          .applied = 77,
          .root_heard_ago = absl::Milliseconds(12),
          .holds_still = absl::Milliseconds(150)};
}

// Both hear each other once, so that both are believed.
void Meet(ControlLinks& one, const std::string& one_id, ControlLinks& other,
          const std::string& other_id) {
  for (int i = 0; i < 2; ++i) {
    other.Receive(one.Encode(other_id, {}, kNow));
    one.Receive(other.Encode(one_id, {}, kNow));
  }
}

TEST(ControlLinksTest, ABeatComesAsItWasSent) {
  ControlLinks one = Links("control-1", 11);
  ControlLinks two = Links("control-2", 22);
  Meet(one, "control-1", two, "control-2");
  const auto received = two.Receive(one.Encode("control-2", SomeBeat(), kNow));
  EXPECT_EQ(received.result, ControlResult::kOk);
  EXPECT_EQ(received.from, "control-1");
  ControlBeat expected = SomeBeat();
  expected.acknowledged = kNow;
  EXPECT_EQ(received.beat, expected);
}

TEST(ControlLinksTest, ABeatTellsWhenTheNewestPacketThatItsSenderHasSeenWasSent) {
  ControlLinks one = Links("control-1", 11);
  ControlLinks two = Links("control-2", 22);
  Meet(one, "control-1", two, "control-2");
  two.Receive(one.Encode("control-2", {}, kNow + absl::Milliseconds(50)));
  one.Encode("control-2", {}, kNow + absl::Milliseconds(100));
  const auto received = one.Receive(two.Encode("control-1", {}, kNow));
  EXPECT_EQ(received.beat.acknowledged, kNow + absl::Milliseconds(50));
}

TEST(ControlLinksTest, APacketOfAnEarlierStartAcknowledgesNothing) {
  ControlLinks one = Links("control-1", 11);
  ControlLinks two = Links("control-2", 22);
  Meet(one, "control-1", two, "control-2");
  ControlLinks restarted = Links("control-1", 12);
  EXPECT_FALSE(restarted.Receive(two.Encode("control-1", {}, kNow)).beat.acknowledged.has_value());
}

TEST(ControlLinksTest, ANewInstanceIsBelievedWithinTwoBeats) {
  ControlLinks one = Links("control-1", 11);
  ControlLinks two = Links("control-2", 22);
  EXPECT_EQ(two.Receive(one.Encode("control-2", {}, kNow)).result, ControlResult::kUnproven);
  EXPECT_EQ(one.Receive(two.Encode("control-1", {}, kNow)).result, ControlResult::kOk);
  EXPECT_EQ(two.Receive(one.Encode("control-2", {}, kNow)).result, ControlResult::kOk);
}

TEST(ControlLinksTest, ARepeatedBeatIsNoSignOfLife) {
  ControlLinks one = Links("control-1", 11);
  ControlLinks two = Links("control-2", 22);
  Meet(one, "control-1", two, "control-2");
  const ControlPacketBytes first = one.Encode("control-2", {}, kNow);
  const ControlPacketBytes second = one.Encode("control-2", {}, kNow);
  EXPECT_EQ(two.Receive(second).result, ControlResult::kOk);
  EXPECT_EQ(two.Receive(second).result, ControlResult::kReplayed);
  EXPECT_EQ(two.Receive(first).result, ControlResult::kReplayed);
}

// Neither of the two has restarted, so the other still knows how far its sequence had come.
TEST(ControlLinksTest, ANodeThatWasRemovedAndIsAdmittedAgainIsHeardAgainByAll) {
  ControlLinks one = Links("control-1", 11);
  ControlLinks two = Links("control-2", 22);
  for (int i = 0; i < 200; ++i) Meet(one, "control-1", two, "control-2");
  one.SetPeers({"control-1", "control-3"});
  EXPECT_EQ(one.Receive(two.Encode("control-1", {}, kNow)).result, ControlResult::kUnknownNode);
  one.SetPeers({"control-1", "control-2", "control-3"});
  EXPECT_EQ(two.Receive(one.Encode("control-2", {}, kNow)).result, ControlResult::kOk);
  EXPECT_EQ(one.Receive(two.Encode("control-1", {}, kNow)).result, ControlResult::kOk);
}

TEST(ControlLinksTest, WhatWasRecordedOfADeadNodeIsNotBelievedByOneThatHasRestarted) {
  ControlLinks one = Links("control-1", 11);
  ControlLinks two = Links("control-2", 22);
  Meet(one, "control-1", two, "control-2");
  const ControlPacketBytes recorded = one.Encode("control-2", {}, kNow);
  ControlLinks restarted = Links("control-2", 23);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(restarted.Receive(recorded).result, ControlResult::kUnproven);
    restarted.Encode("control-1", {}, kNow);
  }
}

TEST(ControlLinksTest, AnEchoOfAPacketThatIsLongPastProvesNothing) {
  ControlLinks one = Links("control-1", 11);
  ControlLinks two = Links("control-2", 22);
  one.Receive(two.Encode("control-1", {}, kNow));
  const ControlPacketBytes recorded = one.Encode("control-2", {}, kNow);
  for (int i = 0; i < 100; ++i) two.Encode("control-1", {}, kNow);
  EXPECT_EQ(two.Receive(recorded).result, ControlResult::kUnproven);
}

TEST(ControlLinksTest, RefusesWhatAnotherSecretMadeAndWhatIsForAnotherNode) {
  ControlLinks stranger = Links("control-1", 11, "a secret of somebody else");
  ControlLinks one = Links("control-1", 11);
  ControlLinks nine("control-9", 99, ControlBeatKey(kSecret));
  nine.SetPeers({"control-2"});
  ControlLinks two = Links("control-2", 22);
  EXPECT_EQ(two.Receive(stranger.Encode("control-2", {}, kNow)).result, ControlResult::kBadMac);
  EXPECT_EQ(two.Receive(one.Encode("control-3", {}, kNow)).result, ControlResult::kUnknownNode);
  EXPECT_EQ(two.Receive(nine.Encode("control-2", {}, kNow)).result, ControlResult::kUnknownNode);
}

TEST(ControlLinksTest, RefusesEveryFlippedBitAndEveryOtherSize) {
  ControlLinks one = Links("control-1", 11);
  ControlLinks two = Links("control-2", 22);
  const ControlPacketBytes packet = one.Encode("control-2", SomeBeat(), kNow);
  ControlPacket decoded;
  for (size_t bit = 0; bit < packet.size() * 8; ++bit) {
    ControlPacketBytes changed = packet;
    changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_NE(two.Receive(changed).result, ControlResult::kOk) << bit;
    EXPECT_NE(DecodeControlPacket(changed, ControlBeatKey(kSecret), decoded), ControlResult::kOk);
  }
  EXPECT_EQ(decoded, ControlPacket());
  for (size_t size = 0; size < packet.size(); ++size) {
    EXPECT_EQ(two.Receive(std::span(packet).first(size)).result, ControlResult::kWrongSize);
  }
}

TEST(ControlLinksTest, LiesInMemoryAsTheDocumentationSays) {
  const ControlPacketBytes bytes = EncodeControlPacket({.sender = 0x0102030405060708,
                                                        .receiver = 0x1112131415161718,
                                                        .instance = 3,
                                                        .sequence = 4,
                                                        .echo_instance = 5,
                                                        .echo_sequence = 6,
                                                        .epoch = 7,
                                                        .root = 8,
                                                        .is_root = true,
                                                        .household_whole = false,
                                                        .following = true,
                                                        .applied = 9,
                                                        .root_heard_ago_us = 0x0a0b0c0d,
                                                        .holds_still_us = 0x0e0f1011},
                                                       ControlBeatKey(kSecret));
  const std::string head(bytes.begin(), bytes.begin() + 24);
  EXPECT_EQ(head,
            std::string("USC1\x05\0\0\0\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x01\x02\x03\x04\x05\x06"
                        "\x07\x08",
                        24));
  EXPECT_EQ(bytes[31], 0x18);
  EXPECT_EQ(bytes[87], 9);
}

}  // namespace
}  // namespace understudy::config_vault
