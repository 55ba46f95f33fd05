#include "services/station_agent/link/agent_link.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>

#include "common/status/status.h"
#include "services/station_agent/link/testing/link_test.h"

namespace understudy::station_agent {
namespace {

// What passes between the two sides.
class AgentLinkTest : public LinkTest {
 protected:
  ~AgentLinkTest() override { agent_.reset(); }

  static size_t Threads() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
  }
  void Ring() const {
    const int bell = open(BellPath().c_str(), O_WRONLY | O_NONBLOCK);
    station_link_ring_fifo(bell);
    close(bell);
  }
  static runtime::RuntimeOptions OneThread() {
    runtime::RuntimeOptions options;
    options.threads = 1;
    return options;
  }
  void StartAgentOn(const runtime::RuntimeOptions& options) {
    own_runtime_ = std::make_unique<runtime::Runtime>(options, clock_);
    auto link = AgentLink::Open({name_, std::nullopt, own_runtime_.get()}, observer_);
    ASSERT_TRUE(link.ok()) << link.status();
    agent_ = *std::move(link);
    agent_->Start();
  }

  const SystemClock clock_;
  std::unique_ptr<runtime::Runtime> own_runtime_;
};

TEST_F(AgentLinkTest, TimesOutWithoutAnAgent) {
  EXPECT_EQ(station_link_open(name_.c_str(), 1, &native_), -ETIMEDOUT);
  EXPECT_EQ(native_, nullptr);
}

TEST_F(AgentLinkTest, TakesOneAgentAndOneNativeProcess) {
  StartBoth();
  const auto second = Open();
  EXPECT_EQ(ErrorReason(second.status()), "LINK_BUSY");
  station_link* other = nullptr;
  EXPECT_EQ(station_link_open(name_.c_str(), kPatience, &other), -EBUSY);
}

TEST_F(AgentLinkTest, BringsTheConfigurationToTheAgent) {
  StartBoth();
  ASSERT_EQ(station_link_publish_configuration(native_, "{\"a\":1}", 7), 0);
  EXPECT_TRUE(Heard([](const auto& heard) {
    return heard.configuration.has_value() && heard.configuration->content == "{\"a\":1}" &&
           heard.configuration->order == 0;
  }));
}

TEST_F(AgentLinkTest, RefusesAConfigurationOverFourMebibytes) {
  StartBoth();
  const std::string most(STATION_LINK_MAX_DOCUMENT, 'x');
  EXPECT_EQ(station_link_publish_configuration(native_, most.data(), most.size() + 1), -EMSGSIZE);
  EXPECT_EQ(station_link_publish_configuration(native_, most.data(), most.size()), 0);
  EXPECT_TRUE(Heard([&](const auto& heard) {
    return heard.configuration.has_value() && heard.configuration->content == most;
  }));
  EXPECT_EQ(ErrorReason(agent_->Activate(1, most + "x", {})), "DOCUMENT_TOO_LARGE");
}

TEST_F(AgentLinkTest, ActivatesAndHearsThatItRuns) {
  StartBoth();
  Sha256 sha256;
  sha256.fill(9);
  ASSERT_TRUE(agent_->Activate(42, "document", sha256).ok());
  ASSERT_TRUE(Event(STATION_LINK_EVENT_CONFIGURATION));
  EXPECT_EQ(std::string(static_cast<const char*>(event_.data), event_.size), "document");
  EXPECT_EQ(std::memcmp(event_.sha256, sha256.data(), sha256.size()), 0);
  ASSERT_EQ(station_link_acknowledge_running(native_, event_.sha256), 0);
  EXPECT_TRUE(Heard([&](const auto& heard) {
    return heard.answer == NativeAnswer{NativeAnswer::State::kRunning, 42, sha256, ""};
  }));
}

TEST_F(AgentLinkTest, HearsARefusalWithItsReason) {
  StartBoth();
  ASSERT_TRUE(agent_->Activate(42, "document", {}).ok());
  ASSERT_TRUE(Event(STATION_LINK_EVENT_CONFIGURATION));
  ASSERT_EQ(station_link_refuse(native_, "no licence"), 0);
  EXPECT_TRUE(Heard([](const auto& heard) {
    return heard.answer.has_value() && heard.answer->state == NativeAnswer::State::kRefused &&
           heard.answer->reason == "no licence";
  }));
}

TEST_F(AgentLinkTest, StandsDown) {
  StartBoth();
  ASSERT_TRUE(agent_->StandDown(43).ok());
  ASSERT_TRUE(Event(STATION_LINK_EVENT_STAND_DOWN));
  EXPECT_EQ(event_.lease_ran_out, 0);
  ASSERT_EQ(station_link_acknowledge_stood_down(native_), 0);
  EXPECT_TRUE(Heard([](const auto& heard) {
    return heard.answer == NativeAnswer{NativeAnswer::State::kIdle, 43, {}, ""};
  }));
}

TEST_F(AgentLinkTest, GivesTheStandingOrderToAProcessThatComesLater) {
  StartAgent();
  ASSERT_TRUE(agent_->Activate(42, "document", {}).ok());
  StartNative();
  EXPECT_TRUE(Event(STATION_LINK_EVENT_CONFIGURATION));
}

TEST_F(AgentLinkTest, FindsItsOrdersAgainAfterARestart) {
  StartBoth();
  ASSERT_TRUE(agent_->Activate(42, "document", {}).ok());
  ASSERT_TRUE(Event(STATION_LINK_EVENT_CONFIGURATION));
  agent_.reset();
  ASSERT_TRUE(Event(STATION_LINK_EVENT_AGENT_LOST));
  StartAgent();
  ASSERT_TRUE(Event(STATION_LINK_EVENT_AGENT_BACK));
  const auto order = agent_->CurrentOrder();
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(order->number, 42u);
  EXPECT_EQ(order->kind, AgentLink::Order::Kind::kActivate);
  EXPECT_TRUE(NoEvent());
}

TEST_F(AgentLinkTest, ReportsIndicatorsAndChildren) {
  StartBoth();
  const station_link_custom_indicator custom = {"frames", 25};
  const station_link_indicators indicators = {1000, 0.5, &custom, 1};
  const station_link_child children[] = {{"camera-1", "camera", 1}, {"meter-1", "meter", 0}};
  ASSERT_EQ(station_link_report_indicators(native_, &indicators), 0);
  ASSERT_EQ(station_link_report_children(native_, children, 2), 0);
  const NativeIndicators expected = {1000, 0.5, {{"frames", 25.0}}};
  const std::vector<NativeChild> expected_children = {{"camera-1", "camera", true},
                                                      {"meter-1", "meter", false}};
  EXPECT_TRUE(Heard([&](const auto& heard) {
    return heard.indicators == expected && heard.children == expected_children;
  }));
}

TEST_F(AgentLinkTest, RefusesWhatDoesNotFitBeforeItIsSent) {
  StartBoth();
  const std::string long_name(129, 'a');
  const station_link_child child = {long_name.c_str(), "camera", 1};
  EXPECT_EQ(station_link_report_children(native_, &child, 1), -EINVAL);
  const station_link_custom_indicator custom = {long_name.c_str(), 25};
  const station_link_indicators indicators = {1000, 0.5, &custom, 1};
  EXPECT_EQ(station_link_report_indicators(native_, &indicators), -EINVAL);
}

TEST_F(AgentLinkTest, CountsHeartbeats) {
  StartBoth();
  const uint64_t before = agent_->NativeHeartbeat();
  station_link_heartbeat(native_);
  EXPECT_EQ(agent_->NativeHeartbeat(), before + 1);
}

TEST_F(AgentLinkTest, NoticesAProcessThatDetaches) {
  StartBoth();
  station_link_close(native_);
  native_ = nullptr;
  EXPECT_TRUE(Heard([](const auto& heard) { return heard.lost == 1; }));
  EXPECT_EQ(agent_->NativePid(), 0u);
  StartNative();
  EXPECT_TRUE(Heard([](const auto& heard) { return heard.attached == 2; }));
}

TEST_F(AgentLinkTest, StopsTheProcessWhenTheLeaseRunsOutThoughNobodySaysSo) {
  StartBoth();
  agent_->SetLease(Now() + absl::Milliseconds(1));
  ASSERT_TRUE(Event(STATION_LINK_EVENT_STAND_DOWN));
  EXPECT_EQ(event_.lease_ran_out, 1);
  EXPECT_TRUE(NoEvent());
}

TEST_F(AgentLinkTest, BeginsNothingWithoutALease) {
  StartBoth();
  agent_->SetLease(Now());
  ASSERT_TRUE(Event(STATION_LINK_EVENT_STAND_DOWN));
  ASSERT_TRUE(agent_->Activate(42, "document", {}).ok());
  EXPECT_TRUE(NoEvent());
  agent_->SetLease(Now() + absl::Hours(1));
  EXPECT_TRUE(Event(STATION_LINK_EVENT_CONFIGURATION));
}

TEST_F(AgentLinkTest, RunsOnWhileTheLeaseGrows) {
  StartBoth();
  agent_->SetLease(Now() + absl::Hours(1));
  agent_->SetLease(Now() + absl::Hours(2));
  EXPECT_TRUE(NoEvent());
  agent_->SetLease(SteadyTime::Infinite());
  EXPECT_TRUE(agent_->Lease().is_infinite());
  EXPECT_TRUE(NoEvent());
}

// A third one rings, because the damage itself makes no noise.
TEST_F(AgentLinkTest, RefusesADamagedFrameAndGoesOn) {
  StartBoth();
  MappedLink link(name_);
  link.header().configuration.slots[1].sequence = 1001;
  link.header().configuration.slots[1].length = ~uint32_t{0};
  link.header().configuration.sequence = 1001;
  Ring();
  EXPECT_TRUE(Heard([](const auto& heard) { return heard.bad_frames == 1; }));
  ASSERT_EQ(station_link_publish_configuration(native_, "{}", 2), 0);
  EXPECT_TRUE(Heard([](const auto& heard) { return heard.configuration.has_value(); }));
}

// Waking ------------------------------------------------------------------------------------------

TEST_F(AgentLinkTest, ListensInACoroutineWithoutAThreadOfItsOwn) {
  LinkRuntime();
  const size_t threads = Threads();
  StartBoth();
  EXPECT_EQ(Threads(), threads);
  EXPECT_NE(LinkRuntime().Dump().find("native-link"), std::string::npos);
}

TEST_F(AgentLinkTest, HearsThroughABellThatIsFull) {
  StartBoth();
  WhileTheAgentIsHeld([this] {
    const int bell = open(BellPath().c_str(), O_WRONLY | O_NONBLOCK);
    while (write(bell, "", 1) == 1) {
    }
    EXPECT_EQ(errno, EAGAIN);
    close(bell);
    EXPECT_EQ(station_link_publish_configuration(native_, "{}", 2), 0);
  });
  EXPECT_TRUE(Heard([](const auto& heard) { return heard.configuration.has_value(); }));
  ASSERT_EQ(station_link_publish_configuration(native_, "{1}", 3), 0);
  EXPECT_TRUE(Heard([](const auto& heard) { return heard.configuration->content == "{1}"; }));
}

TEST_F(AgentLinkTest, HearsTheLastWordsOfAProcessBeforeItsEnd) {
  StartBoth();
  WhileTheAgentIsHeld([this] {
    const uint8_t sha256[32] = {7};
    station_link_acknowledge_running(native_, sha256);
    station_link_close(native_);
    native_ = nullptr;
  });
  ASSERT_TRUE(Heard([](const auto& heard) { return heard.lost == 1; }));
  EXPECT_EQ(observer_.Now().last_words->state, NativeAnswer::State::kRunning);
}

TEST_F(AgentLinkTest, HearsWhatANewProcessSaidBeforeItWasMet) {
  StartBoth();
  WhileTheAgentIsHeld([this] {
    station_link_close(native_);
    StartNative();
    const uint8_t sha256[32] = {7};
    station_link_acknowledge_running(native_, sha256);
  });
  ASSERT_TRUE(Heard([](const auto& heard) { return heard.attached == 2; }));
  EXPECT_TRUE(Heard([](const auto& heard) {
    return heard.answer.has_value() && heard.answer->state == NativeAnswer::State::kRunning;
  }));
}

// The end -----------------------------------------------------------------------------------------

TEST_F(AgentLinkTest, EndsThoughItNeverListened) {
  auto link = Open();
  ASSERT_TRUE(link.ok()) << link.status();
}

TEST_F(AgentLinkTest, EndsAfterItsRuntime) {
  StartAgentOn(OneThread());
  StartNative();
  ASSERT_TRUE(Heard([](const auto& heard) { return heard.attached == 1; }));
  EXPECT_EQ(own_runtime_->Stop(), 0u);
  agent_.reset();
  EXPECT_TRUE(Event(STATION_LINK_EVENT_AGENT_LOST));
}

TEST_F(AgentLinkTest, EndsThoughItsRuntimeHadStoppedBeforeItListened) {
  own_runtime_ = std::make_unique<runtime::Runtime>(OneThread(), clock_);
  own_runtime_->Stop();
  auto link = AgentLink::Open({name_, std::nullopt, own_runtime_.get()}, observer_);
  ASSERT_TRUE(link.ok()) << link.status();
  (*link)->Start();
}

TEST_F(AgentLinkTest, EndsThoughItsRuntimeDroppedItInTheMiddle) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "what a dropped coroutine held is never freed";
#endif
  runtime::RuntimeOptions options = OneThread();
  options.stop_patience = absl::ZeroDuration();
  StartAgentOn(options);
  StartNative();
  ASSERT_TRUE(Heard([](const auto& heard) { return heard.attached == 1; }));
  EXPECT_EQ(own_runtime_->Stop(), 1u);
  agent_.reset();
}

// Who always finds something to do must look up.
TEST_F(AgentLinkTest, LetsItsRuntimeStopAndOthersRunThoughTheBellNeverRests) {
  StartAgentOn(OneThread());
  std::atomic<bool> enough = false;
  std::thread ringer([&] {
    while (!enough) Ring();
  });
  absl::Notification other_ran;
  own_runtime_->Spawn([&] { other_ran.Notify(); }, {.priority = runtime::Priority::kLow});
  other_ran.WaitForNotification();
  EXPECT_EQ(own_runtime_->Stop(), 0u);
  enough = true;
  ringer.join();
}

}  // namespace
}  // namespace understudy::station_agent
