#include "services/station_agent/link/agent_link.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "common/status/status.h"
#include "services/station_agent/link/station_link.h"
#include "services/station_agent/link/station_link_bell.h"
#include "services/station_agent/link/testing/link_runtime.h"
#include "services/station_agent/link/testing/recording_observer.h"

namespace understudy::station_agent {
namespace {

constexpr int kPatience = 60'000;

// Both sides in one process: what passes between them.
class AgentLinkTest : public testing::Test {
 protected:
  AgentLinkTest() { shm_unlink(name_.c_str()); }
  ~AgentLinkTest() override {
    station_link_close(native_);
    agent_.reset();
    shm_unlink(name_.c_str());
  }

  void StartAgent() {
    auto link = AgentLink::Open({name_, std::nullopt, &LinkRuntime()}, observer_);
    ASSERT_TRUE(link.ok()) << link.status();
    agent_ = *std::move(link);
    agent_->Start();
  }
  void StartNative() { ASSERT_EQ(station_link_open(name_.c_str(), kPatience, &native_), 0); }
  void StartBoth() {
    StartAgent();
    StartNative();
    ASSERT_TRUE(Heard([](const auto& heard) { return heard.attached == 1; }));
  }
  // Waits for an event of this kind, over others.
  bool Event(station_link_event_kind kind) {
    do {
      if (station_link_wait(native_, kPatience, &event_) == -ETIMEDOUT) return false;
    } while (event_.kind != kind);
    return true;
  }
  bool NoEvent() {
    // What is there comes without waiting.
    return station_link_wait(native_, 0, &event_) == -ETIMEDOUT;
  }
  template <typename Predicate>
  bool Heard(Predicate predicate) {
    return observer_.WaitUntil(predicate);
  }
  SteadyTime Now() const { return SteadyTime::FromNanoseconds(station_link_now()); }

  const std::string name_ = "/understudy-test-" + std::to_string(getpid());
  RecordingObserver observer_;
  std::unique_ptr<AgentLink> agent_;
  station_link* native_ = nullptr;
  station_link_event event_;
};

TEST_F(AgentLinkTest, IsOpenToItsUserAlone) {
  StartAgent();
  struct stat info;
  ASSERT_EQ(stat(("/dev/shm" + name_).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AgentLinkTest, TimesOutWithoutAnAgent) {
  EXPECT_EQ(station_link_open(name_.c_str(), 1, &native_), -ETIMEDOUT);
  EXPECT_EQ(native_, nullptr);
}

TEST_F(AgentLinkTest, TakesOneAgentAndOneNativeProcess) {
  StartBoth();
  const auto second = AgentLink::Open({name_, std::nullopt, &LinkRuntime()}, observer_);
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

TEST_F(AgentLinkTest, MakesTheSegmentAnewWhenSomebodyRemovesIt) {
  StartBoth();
  ASSERT_TRUE(agent_->Activate(42, "document", {}).ok());
  ASSERT_TRUE(Event(STATION_LINK_EVENT_CONFIGURATION));
  shm_unlink(name_.c_str());
  ASSERT_TRUE(Heard([](const auto& heard) { return heard.remade == 1; }));
  ASSERT_TRUE(Event(STATION_LINK_EVENT_AGENT_BACK));
  ASSERT_TRUE(agent_->Activate(43, "again", {}).ok());
  EXPECT_TRUE(Event(STATION_LINK_EVENT_CONFIGURATION));
  ASSERT_EQ(station_link_publish_configuration(native_, "{}", 2), 0);
  EXPECT_TRUE(Heard([](const auto& heard) {
    return heard.configuration.has_value() && heard.configuration->order == 43;
  }));
}

TEST_F(AgentLinkTest, ReplacesAFileThatIsNoSegment) {
  const int fd = shm_open(name_.c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(write(fd, "nonsense", 8), 8);
  close(fd);
  EXPECT_EQ(station_link_open(name_.c_str(), 1, &native_), -EPROTO);
  StartBoth();
}

TEST_F(AgentLinkTest, RefusesADamagedFrameAndGoesOn) {
  StartBoth();
  const int fd = shm_open(name_.c_str(), O_RDWR, 0);
  ASSERT_GE(fd, 0);
  void* memory = mmap(nullptr, STATION_LINK_TOTAL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  ASSERT_NE(memory, MAP_FAILED);
  auto* header = static_cast<station_link_header*>(memory);
  header->configuration.slots[1].sequence = 1001;
  header->configuration.slots[1].length = ~uint32_t{0};
  header->configuration.sequence = 1001;
  station_link_ring(&header->agent.bell);
  EXPECT_TRUE(Heard([](const auto& heard) { return heard.bad_frames == 1; }));
  ASSERT_EQ(station_link_publish_configuration(native_, "{}", 2), 0);
  EXPECT_TRUE(Heard([](const auto& heard) { return heard.configuration.has_value(); }));
  munmap(memory, STATION_LINK_TOTAL_SIZE);
}

}  // namespace
}  // namespace understudy::station_agent
