#include "services/checkpoint_store/device/checkpoint_client.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "services/checkpoint_store/device/testing/fake_board.h"
#include "services/checkpoint_store/device/testing/model_store.h"

namespace understudy::checkpoint_store {
namespace {

const uint8_t* Bytes(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

class CheckpointClientTest : public testing::Test {
 protected:
  CheckpointClientTest() : board_([this](std::string_view r) { return Answer(r); }) { Wake(); }

  // After deep sleep, a reset, or at first.
  void Wake() {
    port_ = board_.port();
    checkpoint_client_init(&client_, &port_, &board_.retained);
  }

  void Enrol(const std::string& factory = "factory") {
    ASSERT_EQ(checkpoint_enrol(&client_), CHECKPOINT_WAITING);
    store_.Enrol(checkpoint_identifier(&client_), factory);
    ASSERT_EQ(checkpoint_enrol(&client_), CHECKPOINT_OK);
  }

  checkpoint_result Fetch(const char* name = nullptr) {
    const checkpoint_result result =
        checkpoint_download(&client_, name, buffer_.data(), buffer_.size(), &fetched_);
    content_.assign(reinterpret_cast<const char*>(buffer_.data()),
                    result == CHECKPOINT_OK ? fetched_.size : 0);
    return result;
  }

  checkpoint_result Store(const std::string& content,
                          const checkpoint_upload_options* options = nullptr) {
    return checkpoint_upload(&client_, Bytes(content), content.size(), options);
  }

  // What the next answers are instead of the store's.
  std::string spoilt_;
  // POSTs do not arrive, or the last one that did not, after so many GETs.
  bool withhold_posts_ = false;
  int arrives_after_gets_ = 0;

  ModelStore store_;
  FakeBoard board_;
  checkpoint_port port_ = {};
  checkpoint_client client_ = {};
  checkpoint_fetched fetched_ = {};
  std::array<uint8_t, 4'096> buffer_ = {};
  std::string content_;

 private:
  std::string Answer(std::string_view request) {
    if (withhold_posts_ && request.starts_with("POST")) {
      withheld_ = std::string(request);
      return "";
    }
    const std::string answer = store_.Answer(request);
    if (arrives_after_gets_ > 0 && --arrives_after_gets_ == 0) store_.Answer(withheld_);
    return spoilt_.empty() ? answer : spoilt_;
  }

  std::string withheld_;
};

TEST_F(CheckpointClientTest, EnrolsWithTheOperatorAndGetsTheFactoryConfiguration) {
  EXPECT_EQ(Fetch(), CHECKPOINT_WRONG_ORDER);
  EXPECT_STREQ(checkpoint_identifier(&client_), "");
  EXPECT_EQ(checkpoint_enrol(&client_), CHECKPOINT_WAITING);
  EXPECT_EQ(std::string(checkpoint_identifier(&client_)).size(), 32);
  EXPECT_EQ(checkpoint_enrol(&client_), CHECKPOINT_WAITING);
  store_.Enrol(checkpoint_identifier(&client_), "factory");
  EXPECT_EQ(checkpoint_enrol(&client_), CHECKPOINT_OK);
  EXPECT_TRUE(checkpoint_enrolled(&client_));
  EXPECT_EQ(Fetch(), CHECKPOINT_OK);
  EXPECT_EQ(content_, "factory");
  EXPECT_TRUE(fetched_.from_operator);
  EXPECT_EQ(fetched_.generation, 1);
}

TEST_F(CheckpointClientTest, ADevicePreparedByTheOperatorBeginsWithItsIdentifier) {
  store_.Enrol("0011223344556677", "factory");
  EXPECT_EQ(checkpoint_provision(&client_, "00112233445566"), CHECKPOINT_OK);
  EXPECT_EQ(checkpoint_provision(&client_, "0011223"), CHECKPOINT_BAD_INPUT);
  EXPECT_EQ(checkpoint_provision(&client_, "001122334455667x"), CHECKPOINT_BAD_INPUT);
  EXPECT_EQ(checkpoint_provision(&client_, "0011223344556677"), CHECKPOINT_OK);
  EXPECT_EQ(Fetch(), CHECKPOINT_OK);
  EXPECT_EQ(content_, "factory");
}

TEST_F(CheckpointClientTest, ATakenIdentifierIsDrawnAgain) {
  store_.Enrol("d9dadbdcdddedfe0e1e2e3e4e5e6e7e8", "another's");
  board_.equal_draws = 2;  // The claim and the first identifier.
  EXPECT_EQ(checkpoint_enrol(&client_), CHECKPOINT_WAITING);
  EXPECT_EQ(board_.draws, 4);
  EXPECT_STRNE(checkpoint_identifier(&client_), "d9dadbdcdddedfe0e1e2e3e4e5e6e7e8");
}

TEST_F(CheckpointClientTest, ADeviceThatIsAlwaysToldTakenGivesUp) {
  spoilt_ = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_EQ(checkpoint_enrol(&client_), CHECKPOINT_REFUSED);
  EXPECT_EQ(board_.draws, 8);
}

TEST_F(CheckpointClientTest, KeepsItsMemoryOverManySleeps) {
  Enrol();
  std::string expected = "factory";
  for (int cycle = 0; cycle < 20; ++cycle) {
    Wake();
    ASSERT_EQ(Fetch(), CHECKPOINT_OK);
    EXPECT_EQ(content_, expected);
    expected = "memory " + std::to_string(cycle);
    ASSERT_EQ(Store(expected), CHECKPOINT_OK);
    EXPECT_EQ(client_.stored_generation, static_cast<uint64_t>(cycle) + 2);
    checkpoint_client_close(&client_);
  }
  EXPECT_EQ(store_.suspicions(), 0);
}

TEST_F(CheckpointClientTest, SendsWhatItTellsInTheProtocolsHeaders) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  checkpoint_upload_options options = {};
  options.name = "night";
  options.content_type = "text/plain";
  options.next_wake_seconds = 1'800;
  options.battery_millivolts = 2'950;
  options.battery_percent = 87;
  options.has_battery_percent = true;
  ASSERT_EQ(Store("abc", &options), CHECKPOINT_OK);
  const std::string& sent = store_.last_request();
  EXPECT_TRUE(sent.starts_with("POST /00000000000000000000000000000001/night HTTP/1.1\r\n"))
      << sent;
  for (const char* header :
       {"Content-Type: text/plain", "Next-Wake: 1800", "Battery: 87%,2950mV", "Content-Length: 3",
        "Content-Hash: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}) {
    EXPECT_NE(sent.find(std::string("\r\n") + header + "\r\n"), std::string::npos) << header;
  }
}

TEST_F(CheckpointClientTest, KeepsSeveralCheckpointsAndStoresTwoInOneCycle) {
  Enrol();
  EXPECT_EQ(Fetch("night"), CHECKPOINT_NONE);
  checkpoint_upload_options night = {};
  night.name = "night";
  EXPECT_EQ(Store("night 1", &night), CHECKPOINT_OK);
  EXPECT_EQ(Store("day 1"), CHECKPOINT_OK);
  Wake();
  EXPECT_EQ(Fetch("night"), CHECKPOINT_OK);
  EXPECT_EQ(content_, "night 1");
  EXPECT_EQ(Fetch(), CHECKPOINT_OK);
  EXPECT_EQ(content_, "day 1");
}

TEST_F(CheckpointClientTest, SeesAStagedChangeOnce) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  ASSERT_EQ(Store("own"), CHECKPOINT_OK);
  store_.Stage("operator's");
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  EXPECT_EQ(content_, "operator's");
  EXPECT_TRUE(fetched_.from_operator);
  ASSERT_EQ(Store("own again"), CHECKPOINT_OK);
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  EXPECT_FALSE(fetched_.from_operator);
}

TEST_F(CheckpointClientTest, ALostAnswerIsAskedForAgainOnANewConnection) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  board_.lose_answers = 1;
  EXPECT_EQ(Store("kept"), CHECKPOINT_OK);  // The connection was used before: tried once more.
  EXPECT_EQ(store_.posts(), 2);
  board_.lose_answers = 2;
  EXPECT_EQ(Fetch(), CHECKPOINT_NO_ANSWER);
  EXPECT_EQ(Fetch(), CHECKPOINT_OK);
  EXPECT_EQ(content_, "kept");
}

TEST_F(CheckpointClientTest, AStoreWithoutAnswerIsFoundAfterSleep) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  board_.lose_answers = 2;
  EXPECT_EQ(Store("arrived"), CHECKPOINT_NO_ANSWER);
  Wake();
  EXPECT_EQ(Fetch(), CHECKPOINT_OK);
  EXPECT_EQ(content_, "arrived");
  EXPECT_EQ(Store("next"), CHECKPOINT_OK);
  EXPECT_EQ(store_.suspicions(), 0);
}

TEST_F(CheckpointClientTest, AnOlderStoreThatArrivedIsSteppedOver) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  board_.lose_answers = 2;
  EXPECT_EQ(Store("first"), CHECKPOINT_NO_ANSWER);
  // The program does not wait for the fetch, and has other content by now.
  EXPECT_EQ(Store("second"), CHECKPOINT_OK);
  EXPECT_EQ(store_.kept().at("").content, "second");
  EXPECT_EQ(store_.suspicions(), 0);
}

TEST_F(CheckpointClientTest, AStoreThatArrivesBetweenTwoQuestionsIsFound) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  // The POST is on its way while the device sleeps, wakes and asks.
  withhold_posts_ = true;
  ASSERT_EQ(Store("late"), CHECKPOINT_NO_ANSWER);
  withhold_posts_ = false;
  arrives_after_gets_ = 1;
  Wake();
  EXPECT_EQ(Fetch(), CHECKPOINT_OK);
  EXPECT_EQ(content_, "late");
}

TEST_F(CheckpointClientTest, SendsOnlyWhatChanged) {
  Enrol(std::string(2'048, 'x'));
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  const std::string base = content_;
  std::string changed = base;
  changed.replace(1'000, 4, "abcd");
  checkpoint_upload_options options = {};
  options.base = Bytes(base);
  options.base_fetched = &fetched_;
  const uint32_t before = client_.bytes_sent;
  EXPECT_EQ(Store(changed, &options), CHECKPOINT_OK);
  EXPECT_LT(client_.bytes_sent - before, 420);
  EXPECT_EQ(store_.kept().at("").content, changed);
}

TEST_F(CheckpointClientTest, SendsTheWholeWhereADeltaIsRefusedOrLonger) {
  Enrol(std::string(2'048, 'x'));
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  const std::string base = content_;
  checkpoint_upload_options options = {};
  options.base = Bytes(base);
  options.base_fetched = &fetched_;
  store_.set_bases_gone(true);
  std::string changed = base;
  changed[5] = 'y';
  EXPECT_EQ(Store(changed, &options), CHECKPOINT_OK);
  EXPECT_EQ(store_.kept().at("").content, changed);
  EXPECT_EQ(store_.posts(), 2);
  const std::string other(20, 'z');
  EXPECT_EQ(Store(other, &options), CHECKPOINT_OK);
  EXPECT_EQ(store_.posts(), 3);
}

TEST_F(CheckpointClientTest, WorksByteByByte) {
  board_.piece = 1;
  Enrol(std::string(300, 'f'));
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  EXPECT_EQ(content_, std::string(300, 'f'));
  EXPECT_EQ(Store(std::string(700, 'g')), CHECKPOINT_OK);
  EXPECT_EQ(store_.kept().at("").content, std::string(700, 'g'));
}

TEST_F(CheckpointClientTest, EveryTruncatedAnswerIsNoAnswer) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  const std::string whole = store_.Answer(
      "GET /" + store_.id() + " HTTP/1.1\r\nClaim: " +
      store_.last_request().substr(store_.last_request().find("Claim: ") + 7, 32) + "\r\n\r\n");
  for (size_t size = 1; size < whole.size(); ++size) {
    spoilt_ = whole.substr(0, size);
    Wake();
    ASSERT_EQ(Fetch(), CHECKPOINT_NO_ANSWER) << size;
  }
  spoilt_ = whole + "x";
  EXPECT_EQ(Fetch(), CHECKPOINT_NO_ANSWER);
  spoilt_ = whole;
  spoilt_.back() = 'X';  // The digest tells.
  EXPECT_EQ(Fetch(), CHECKPOINT_NO_ANSWER);
  EXPECT_EQ(Store("must not go"), CHECKPOINT_WRONG_ORDER);
}

TEST_F(CheckpointClientTest, ACheckpointThatIsTooLargeForTheBufferIsToldWithItsSize) {
  Enrol(std::string(5'000, 'x'));
  EXPECT_EQ(Fetch(), CHECKPOINT_TOO_SMALL);
  EXPECT_EQ(fetched_.size, 5'000);
}

TEST_F(CheckpointClientTest, SaysWhatARefusalMeans) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  ASSERT_EQ(Store("own"), CHECKPOINT_OK);
  const auto answered = [&](const std::string& answer) {
    spoilt_ = answer + "Content-Length: 0\r\n\r\n";
    return Fetch();
  };
  EXPECT_EQ(answered("HTTP/1.1 429 X\r\nRetry-After: 16\r\n"), CHECKPOINT_LATER);
  EXPECT_EQ(client_.retry_after_seconds, 16);
  EXPECT_EQ(answered("HTTP/1.1 503 X\r\n"), CHECKPOINT_LATER);
  EXPECT_EQ(answered("HTTP/1.1 410 X\r\nReason: DEAD_IDENTIFIER\r\n"), CHECKPOINT_LOST);
  EXPECT_EQ(answered("HTTP/1.1 404 X\r\nReason: UNKNOWN_IDENTIFIER\r\n"), CHECKPOINT_LOST);
  EXPECT_EQ(answered("HTTP/1.1 409 X\r\nReason: CLAIMED_BY_ANOTHER\r\n"), CHECKPOINT_CONFLICT);
  EXPECT_EQ(answered("HTTP/1.1 400 X\r\nReason: INVALID_HEADER\r\n"), CHECKPOINT_REFUSED);
  EXPECT_EQ(client_.http_status, 400);
  EXPECT_EQ(answered("HTTP/1.1 408 X\r\n"), CHECKPOINT_NO_ANSWER);
}

TEST_F(CheckpointClientTest, BeforeItEverStoredADeadIdentifierIsAQuickerDevices) {
  Enrol();
  spoilt_ = "HTTP/1.1 410 X\r\nReason: DEAD_IDENTIFIER\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(Fetch(), CHECKPOINT_CONFLICT);
  spoilt_.clear();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  ASSERT_EQ(Store("own"), CHECKPOINT_OK);
  spoilt_ = "HTTP/1.1 410 X\r\nReason: DEAD_IDENTIFIER\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(Fetch(), CHECKPOINT_LOST);
}

TEST_F(CheckpointClientTest, RefusesWhatTheProtocolDoesNotHave) {
  Enrol();
  EXPECT_EQ(Fetch("Night"), CHECKPOINT_BAD_INPUT);
  EXPECT_EQ(Fetch("a/b"), CHECKPOINT_BAD_INPUT);
  EXPECT_EQ(Fetch(std::string(33, 'a').c_str()), CHECKPOINT_BAD_INPUT);
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  checkpoint_upload_options options = {};
  options.content_type = "text/plain\r\nEvil: yes";
  EXPECT_EQ(Store("x", &options), CHECKPOINT_BAD_INPUT);
}

TEST_F(CheckpointClientTest, NothingIsSentThatCouldNotBeSavedBefore) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  board_.save_fails = true;
  EXPECT_EQ(Store("x"), CHECKPOINT_NOT_SAVED);
  EXPECT_EQ(store_.posts(), 0);
}

TEST_F(CheckpointClientTest, GarbageInMemoryIsNotTakenForAnIdentifier) {
  Enrol();
  board_.retained.id[3] ^= 1;
  Wake();
  EXPECT_FALSE(checkpoint_enrolled(&client_));
  EXPECT_EQ(Fetch(), CHECKPOINT_WRONG_ORDER);
}

TEST_F(CheckpointClientTest, AServerThatClosedTheIdleConnectionIsCalledAgain) {
  Enrol();
  ASSERT_EQ(Fetch(), CHECKPOINT_OK);
  board_.CloseIdle();
  EXPECT_EQ(Store("x"), CHECKPOINT_OK);
  EXPECT_EQ(board_.connections, 2);
}

// Enrols and cycles as a device does, until the plug is pulled. Sets `acknowledged` to what the
// store acknowledged last, and `sent` to what was sent last.
class Life {
 public:
  std::string acknowledged = "factory";
  std::string sent = "factory";
};

TEST_F(CheckpointClientTest, ThePlugMayBePulledBeforeAnyStep) {
  for (int dies_at = 1; dies_at < 60; ++dies_at) {
    store_ = ModelStore();
    board_ = FakeBoard([this](std::string_view r) { return store_.Answer(r); });
    board_.dies_at = dies_at;
    Life life;
    bool created = false;
    for (int wake = 0; wake < 12; ++wake) {
      Wake();
      if (wake == 6) board_.dies_at = 0;
      if (checkpoint_enrol(&client_) == CHECKPOINT_WAITING && !created) {
        store_.Enrol(checkpoint_identifier(&client_), "factory");
        created = true;
      }
      if (checkpoint_enrolled(&client_) && Fetch() == CHECKPOINT_OK) {
        // Never older than what was acknowledged, never anything that was not the device's.
        EXPECT_TRUE(content_ == life.acknowledged || content_ == life.sent)
            << dies_at << ": " << content_;
        life.sent = "memory " + std::to_string(wake);
        if (Store(life.sent) == CHECKPOINT_OK) life.acknowledged = life.sent;
      }
      board_.Reboot();
    }
    EXPECT_EQ(life.acknowledged, "memory 11") << dies_at;
    EXPECT_EQ(store_.suspicions(), 0) << dies_at;
  }
}

}  // namespace
}  // namespace understudy::checkpoint_store
