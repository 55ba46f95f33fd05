#include "common/beat/beat.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace understudy::beat {
namespace {

SessionKey TestKey(char fill = 'k') { return *SessionKey::FromBytes(std::string(kKeySize, fill)); }

Beat SomeBeat() {
  return Beat{.answer_requested = true,
              .health = 0x0102,
              .session_id = 0x1112131415161718,
              .sequence = 0x2122232425262728,
              .sender_time_ns = 0x3132333435363738};
}

TEST(BeatTest, ComesBackAsItWasSent) {
  Beat decoded;
  const Packet packet = EncodeBeat(SomeBeat(), TestKey());
  EXPECT_EQ(DecodeBeat(packet, TestKey(), decoded), Outcome::kOk);
  EXPECT_EQ(decoded, SomeBeat());
}

TEST(BeatTest, LiesInMemoryAsTheReadmeSays) {
  const Packet packet = EncodeBeat(SomeBeat(), TestKey());
  const std::vector<uint8_t> head(packet.begin(), packet.begin() + 32);
  EXPECT_EQ(head,
            (std::vector<uint8_t>{'U',  'S',  'B',  '1',  1,    1,    0x01, 0x02, 0x11, 0x12, 0x13,
                                  0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26,
                                  0x27, 0x28, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38}));
}

TEST(BeatTest, EndsInTheMacThatPythonsHashlibMakes) {
  const Packet packet = EncodeBeat(SomeBeat(), TestKey());
  const std::vector<uint8_t> mac(packet.begin() + 32, packet.end());
  EXPECT_EQ(mac, (std::vector<uint8_t>{0xe0, 0x96, 0x73, 0xca, 0xa5, 0x36, 0xe1, 0x5a, 0xfe, 0x67,
                                       0x3a, 0x11, 0xaa, 0x87, 0x84, 0x34}));
}

TEST(BeatTest, RefusesEveryShorterAndLongerPacket) {
  const Packet packet = EncodeBeat(SomeBeat(), TestKey());
  Beat decoded;
  std::vector<uint8_t> bytes(packet.begin(), packet.end());
  for (size_t size = 0; size < kPacketSize; ++size) {
    EXPECT_EQ(DecodeBeat(std::span(bytes).first(size), TestKey(), decoded), Outcome::kTruncated);
  }
  bytes.push_back(0);
  EXPECT_EQ(DecodeBeat(bytes, TestKey(), decoded), Outcome::kTooLong);
  EXPECT_FALSE(VerifyMac(bytes, TestKey()));
}

TEST(BeatTest, RefusesEverySingleFlippedBit) {
  const Packet packet = EncodeBeat(SomeBeat(), TestKey());
  for (size_t bit = 0; bit < kPacketSize * 8; ++bit) {
    Packet changed = packet;
    changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
    Beat decoded;
    EXPECT_NE(DecodeBeat(changed, TestKey(), decoded), Outcome::kOk) << "bit " << bit;
    EXPECT_EQ(decoded, Beat{}) << "bit " << bit;
  }
}

TEST(BeatTest, NamesTheReasonOfEachRefusal) {
  Beat decoded;
  Packet packet = EncodeBeat(SomeBeat(), TestKey());
  EXPECT_EQ(DecodeBeat(packet, TestKey('x'), decoded), Outcome::kBadMac);
  packet[4] = 2;
  EXPECT_EQ(DecodeBeat(packet, TestKey(), decoded), Outcome::kBadVersion);
  packet[0] = 'X';
  EXPECT_EQ(DecodeBeat(packet, TestKey(), decoded), Outcome::kBadMagic);
}

TEST(BeatTest, DoesNotTakeAnAnswerForABeat) {
  Beat decoded;
  const Packet answer = EncodeAnswer(Answer{.session_id = 1}, TestKey());
  EXPECT_EQ(DecodeBeat(answer, TestKey(), decoded), Outcome::kBadMagic);
}

TEST(AnswerTest, ComesBackAsItWasSent) {
  for (const bool ended : {false, true}) {
    const Answer answer{
        .session_ended = ended, .session_id = 7, .sequence = ~0ull, .sender_time_ns = 9};
    Answer decoded;
    EXPECT_EQ(DecodeAnswer(EncodeAnswer(answer, TestKey()), TestKey(), decoded), Outcome::kOk);
    EXPECT_EQ(decoded, answer);
  }
}

TEST(AnswerTest, RefusesAForgedOne) {
  Answer decoded;
  const Packet forged = EncodeAnswer(Answer{.session_id = 7}, TestKey('x'));
  EXPECT_EQ(DecodeAnswer(forged, TestKey(), decoded), Outcome::kBadMac);
  EXPECT_EQ(DecodeAnswer(EncodeBeat(SomeBeat(), TestKey()), TestKey(), decoded),
            Outcome::kBadMagic);
  EXPECT_EQ(decoded, Answer{});
}

TEST(OutcomeTest, NamesEveryOutcomeOnce) {
  EXPECT_EQ(OutcomeName(Outcome::kOk), "ok");
  EXPECT_EQ(OutcomeName(Outcome::kBadMac), "bad_mac");
  EXPECT_EQ(static_cast<size_t>(Outcome::kBadMac) + 1, kOutcomes);
}

}  // namespace
}  // namespace understudy::beat
