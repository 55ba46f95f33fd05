#include "services/station_agent/link/station_link_mailbox.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr size_t kCapacity = 4096;

class MailboxTest : public testing::Test {
 protected:
  int Write(const std::string& data, uint64_t tag = 1) {
    station_link_frame frame = {};
    frame.kind = 3;
    frame.tag = tag;
    frame.length = static_cast<uint32_t>(data.size());
    std::memset(frame.sha256, 0xab, sizeof frame.sha256);
    return station_link_mailbox_write(&box_, &frame, data.data());
  }
  int Read(uint64_t known = 0) {
    read_.assign(kCapacity, '\0');
    const int result = station_link_mailbox_read(&box_, known, &frame_, read_.data(), read_.size());
    if (result == 0) read_.resize(frame_.length);
    return result;
  }
  station_link_frame_header& Current() { return control_.slots[control_.sequence % 2]; }

  station_link_mailbox control_ = {};
  std::vector<uint8_t> memory_ = std::vector<uint8_t>(2 * kCapacity);
  station_link_box box_ = {&control_, memory_.data(), kCapacity, -1, 0};
  station_link_frame frame_ = {};
  std::string read_;
};

TEST_F(MailboxTest, IsEmptyAtFirst) { EXPECT_EQ(Read(), -ENOMSG); }

TEST_F(MailboxTest, GivesBackWhatWasPut) {
  ASSERT_EQ(Write("hello", 77), 0);
  ASSERT_EQ(Read(), 0);
  EXPECT_EQ(read_, "hello");
  EXPECT_EQ(frame_.kind, 3u);
  EXPECT_EQ(frame_.tag, 77u);
  EXPECT_EQ(frame_.sha256[31], 0xab);
}

TEST_F(MailboxTest, GivesAFrameOnce) {
  ASSERT_EQ(Write("hello"), 0);
  ASSERT_EQ(Read(), 0);
  EXPECT_EQ(Read(frame_.sequence), -ENOMSG);
}

TEST_F(MailboxTest, KeepsTheLatestOfSeveral) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(Write("frame " + std::to_string(i)), 0);
  ASSERT_EQ(Read(), 0);
  EXPECT_EQ(read_, "frame 4");
}

TEST_F(MailboxTest, TakesAFrameWithoutData) {
  ASSERT_EQ(Write(""), 0);
  ASSERT_EQ(Read(), 0);
  EXPECT_EQ(read_, "");
}

TEST_F(MailboxTest, TakesAFrameAsLongAsTheMailbox) {
  const std::string data(kCapacity, 'x');
  ASSERT_EQ(Write(data), 0);
  ASSERT_EQ(Read(), 0);
  EXPECT_EQ(read_, data);
}

TEST_F(MailboxTest, RefusesALongerFrame) {
  EXPECT_EQ(Write(std::string(kCapacity + 1, 'x')), -EMSGSIZE);
  EXPECT_EQ(Read(), -ENOMSG);
}

TEST_F(MailboxTest, GivesTheOldFrameWhileTheNewOneIsHalfWritten) {
  ASSERT_EQ(Write("old"), 0);
  // A writer killed in the middle of the next frame.
  station_link_frame_header& next = control_.slots[(control_.sequence + 1) % 2];
  next.sequence = 0;
  std::memset(memory_.data(), 'y', 100);
  ASSERT_EQ(Read(), 0);
  EXPECT_EQ(read_, "old");
}

TEST_F(MailboxTest, GoesOnAfterAWriterThatWasKilled) {
  ASSERT_EQ(Write("old"), 0);
  control_.slots[(control_.sequence + 1) % 2].sequence = 0;
  ASSERT_EQ(Write("new"), 0);
  ASSERT_EQ(Read(), 0);
  EXPECT_EQ(read_, "new");
}

TEST_F(MailboxTest, SeesDamagedData) {
  ASSERT_EQ(Write("hello"), 0);
  memory_[kCapacity * (control_.sequence % 2) + 2] ^= 1;
  EXPECT_EQ(Read(), -EBADMSG);
}

TEST_F(MailboxTest, SeesADamagedHeader) {
  ASSERT_EQ(Write("hello"), 0);
  Current().tag ^= 1;
  EXPECT_EQ(Read(), -EBADMSG);
}

TEST_F(MailboxTest, NeverFollowsALengthPastTheMailbox) {
  for (const uint32_t length : {uint32_t{kCapacity} + 1, uint32_t{0x7fffffff}, ~uint32_t{0}}) {
    ASSERT_EQ(Write("hello"), 0);
    Current().length = length;
    EXPECT_EQ(Read(), -EBADMSG);
  }
}

TEST_F(MailboxTest, NeverFollowsALengthPastTheReadersBuffer) {
  ASSERT_EQ(Write("hello"), 0);
  char small[4];
  EXPECT_EQ(station_link_mailbox_read(&box_, 0, &frame_, small, sizeof small), -EBADMSG);
}

TEST_F(MailboxTest, DoesNotSpinOnAMailboxThatIsNonsense) {
  control_.sequence = 12345;
  EXPECT_EQ(Read(), -EBADMSG);
}

TEST(Crc32Test, IsTheWellKnownOne) {
  EXPECT_EQ(station_link_crc32("123456789", 9), 0xcbf43926u);
  EXPECT_EQ(station_link_crc32("", 0), 0u);
}

}  // namespace
