#include "services/checkpoint_store/delta/delta.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "common/document/sha256.h"
#include "common/status/status.h"
#include "services/checkpoint_store/delta/checkpoint_delta.h"

namespace understudy::checkpoint_store {
namespace {

constexpr size_t kMost = 1 << 20;

// 256 bytes that a microcontroller may call its memory.
std::string Memory() {
  std::string memory;
  for (int i = 0; i < 256; ++i) memory += static_cast<char>(i * 7);
  return memory;
}

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

bool Refuse(void*, const uint8_t*, size_t) { return false; }

bool Append(void* context, const uint8_t* bytes, size_t size) {
  static_cast<std::string*>(context)->append(reinterpret_cast<const char*>(bytes), size);
  return true;
}

// The head of a delta and what follows it, to be spoilt.
std::string Handmade(const std::string& base, const std::string& result, const std::string& runs) {
  const auto digest = [](const std::string& of) {
    return Sha256ToBytes(Sha256Of(of)).substr(0, 8);
  };
  return std::string("UD\x01") + digest(base) + digest(result) + static_cast<char>(base.size()) +
         static_cast<char>(result.size()) + runs;
}

std::string WhyBad(const std::string& base, const std::string& delta, size_t most = kMost) {
  const absl::Status status = ApplyDelta(base, delta, most).status();
  EXPECT_EQ(ErrorReason(status), "BAD_DELTA");
  return std::string(status.message());
}

TEST(DeltaTest, TheWorkedExampleOfTheDocumentIsTheseBytes) {
  const std::string base = "temperature=21.5;count=0041;mode=day";
  const std::string result = "temperature=22.0;count=0042;mode=day";
  const std::string delta = MakeDelta(base, result);
  EXPECT_EQ(Hex(delta),
            "554401"
            "695aecd42b5d3b8d"
            "b378922bc769325a"
            "2424"
            "1a00"
            "07322e30"
            "1400"
            "0332"
            "1200");
  EXPECT_EQ(ApplyDelta(base, delta, kMost).value(), result);
}

TEST(DeltaTest, WhatIsTheSameCostsAFewBytes) {
  const std::string base(2'048, 'x');
  EXPECT_EQ(MakeDelta(base, base).size(), 3 + 16 + 4 + 3);
  EXPECT_EQ(ApplyDelta(base, MakeDelta(base, base), kMost).value(), base);
}

TEST(DeltaTest, AChangeInThePlaceOfAnotherCostsItsBytesAndAFew) {
  std::string result = Memory();
  result.replace(100, 4, "abcd");
  const std::string delta = MakeDelta(Memory(), result);
  EXPECT_EQ(ApplyDelta(Memory(), delta, kMost).value(), result);
  EXPECT_LE(delta.size(), 3 + 16 + 4 + (2 + 1) + (1 + 4) + (2 + 1) + 1);
}

TEST(DeltaTest, GrowingShrinkingAndEmptyOnesComeBackAsTheyWere) {
  const std::string memory = Memory();
  for (const std::string& result :
       {memory + "more", memory.substr(0, 50), std::string(), "other" + memory}) {
    EXPECT_EQ(ApplyDelta(memory, MakeDelta(memory, result), kMost).value(), result);
    EXPECT_EQ(ApplyDelta(result, MakeDelta(result, memory), kMost).value(), memory);
    EXPECT_LE(MakeDelta(memory, result).size(), CHECKPOINT_DELTA_MOST(result.size()));
  }
}

TEST(DeltaTest, WhoKnowsWhatMovedCanSayIt) {
  const std::string base = Memory();
  const std::string result = base.substr(200, 40) + "new" + base.substr(0, 200);
  const Sha256 base_hash = Sha256Of(base);
  const Sha256 result_hash = Sha256Of(result);
  std::string delta;
  checkpoint_delta_writer writer;
  EXPECT_TRUE(checkpoint_delta_begin(&writer, Append, &delta, base_hash.data(), 256,
                                     result_hash.data(), static_cast<uint32_t>(result.size())));
  EXPECT_TRUE(checkpoint_delta_copy(&writer, 200, 40));
  EXPECT_TRUE(checkpoint_delta_insert(&writer, reinterpret_cast<const uint8_t*>("new"), 3));
  EXPECT_FALSE(checkpoint_delta_end(&writer));
  EXPECT_TRUE(checkpoint_delta_copy(&writer, 0, 200));
  EXPECT_TRUE(checkpoint_delta_end(&writer));
  EXPECT_EQ(writer.size, delta.size());
  EXPECT_LT(delta.size(), 40);
  EXPECT_EQ(ApplyDelta(base, delta, kMost).value(), result);
}

TEST(DeltaTest, CountingGivesTheSizeThatWritingTakes) {
  const std::string base = Memory();
  std::string result = base;
  result[17] = 'x';
  const Sha256 hash = Sha256Of(base);
  const auto bytes = [](const std::string& s) {
    return reinterpret_cast<const uint8_t*>(s.data());
  };
  const size_t counted = checkpoint_delta_encode(bytes(base), 256, hash.data(), bytes(result), 256,
                                                 hash.data(), nullptr, nullptr);
  std::string delta;
  EXPECT_EQ(checkpoint_delta_encode(bytes(base), 256, hash.data(), bytes(result), 256, hash.data(),
                                    Append, &delta),
            counted);
  EXPECT_EQ(delta.size(), counted);
}

TEST(DeltaTest, TheWriterRefusesWhatIsNotThereAndStaysRefusing) {
  const Sha256 hash = Sha256Of("");
  checkpoint_delta_writer writer;
  ASSERT_TRUE(checkpoint_delta_begin(&writer, nullptr, nullptr, hash.data(), 10, hash.data(), 5));
  EXPECT_FALSE(checkpoint_delta_copy(&writer, 8, 3));
  EXPECT_FALSE(checkpoint_delta_copy(&writer, 0, 5));
  EXPECT_FALSE(checkpoint_delta_end(&writer));
  ASSERT_TRUE(checkpoint_delta_begin(&writer, nullptr, nullptr, hash.data(), 10, hash.data(), 5));
  EXPECT_FALSE(checkpoint_delta_copy(&writer, 0, 6));
  EXPECT_FALSE(checkpoint_delta_begin(&writer, Refuse, nullptr, hash.data(), 0, hash.data(), 0));
  EXPECT_EQ(
      checkpoint_delta_encode(nullptr, 0, hash.data(), nullptr, 0, hash.data(), Refuse, nullptr),
      0);
}

TEST(DeltaTest, EveryTruncationIsRefused) {
  std::string result = Memory();
  result.replace(30, 20, "something of 20 byte");
  const std::string delta = MakeDelta(Memory(), result);
  for (size_t size = 0; size < delta.size(); ++size) {
    EXPECT_FALSE(ApplyDelta(Memory(), delta.substr(0, size), kMost).ok()) << size;
  }
  EXPECT_NE(WhyBad(Memory(), delta + '\0').find("bytes are left"), std::string::npos);
}

TEST(DeltaTest, EveryFlippedBitIsRefusedOrChangesNothing) {
  std::string result = Memory();
  result.replace(30, 20, "something of 20 byte");
  const std::string delta = MakeDelta(Memory(), result);
  for (size_t bit = 0; bit < delta.size() * 8; ++bit) {
    std::string spoilt = delta;
    spoilt[bit / 8] = static_cast<char>(spoilt[bit / 8] ^ (1 << bit % 8));
    const auto made = ApplyDelta(Memory(), spoilt, kMost);
    if (made.ok()) {
      EXPECT_EQ(*made, result) << bit;
    }
  }
}

TEST(DeltaTest, ABaseOfTheSameLengthThatIsAnotherIsRefused) {
  std::string other = Memory();
  other[201] = 'x';
  const std::string delta = MakeDelta(Memory(), Memory() + "y");
  EXPECT_NE(WhyBad(other, delta).find("another base"), std::string::npos);
  EXPECT_NE(WhyBad(other, delta).find("another SHA-256"), std::string::npos);
  EXPECT_NE(WhyBad("", delta).find("another base, of 256 bytes"), std::string::npos);
}

TEST(DeltaTest, ALongerResultThanAllowedIsRefusedBeforeItIsMade) {
  const std::string delta = MakeDelta("", std::string(1'000, 'x'));
  EXPECT_TRUE(ApplyDelta("", delta, 1'000).ok());
  EXPECT_NE(WhyBad("", delta, 999).find("at most 999 are allowed"), std::string::npos);
}

TEST(DeltaTest, MalformedRunsAreRefusedWithTheirPlace) {
  const std::string base = "0123456789";
  const std::string result = "0123";
  const auto why = [&](const std::string& runs) {
    return WhyBad(base, Handmade(base, result, runs));
  };
  EXPECT_TRUE(ApplyDelta(base, Handmade(base, result, {8, 0}), kMost).ok());
  EXPECT_EQ(why({0, 0}), "byte 22 of 23: a run of no bytes");
  EXPECT_EQ(why({10, 0}), "byte 22 of 23: a run of 5 bytes; the result lacks 4");
  EXPECT_EQ(why({8, 14}), "byte 23 of 23: a copy of 4 bytes from 7; the base has 10");
  EXPECT_EQ(why({8, 1}), "byte 23 of 23: a copy of 4 bytes from -1; the base has 10");
  EXPECT_EQ(why({9, 'a'}), "byte 22 of 23: expected 4 more bytes, found 1");
  EXPECT_EQ(why({static_cast<char>(0x88), 0, 0}),
            "byte 23 of 24: a number is longer than it needs to be");
  EXPECT_EQ(why(std::string(6, '\xFF')), "byte 26 of 27: a number has more than 5 bytes");
  EXPECT_EQ(why({9, 'a', 'b', 'c', 'd'}), "byte 26 of 26: it makes another result");
  EXPECT_NE(WhyBad(base, "UD\x02" + std::string(40, 'x')).find("version 1"), std::string::npos);
}

}  // namespace
}  // namespace understudy::checkpoint_store
