// Either side is killed at any moment, again and again; what the other one sees is always whole.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <random>
#include <string>

#include "common/testing/eventually.h"
#include "services/station_agent/link/agent_link.h"
#include "services/station_agent/link/station_link.h"
#include "services/station_agent/link/testing/link_runtime.h"
#include "services/station_agent/link/testing/patterned.h"

namespace understudy::station_agent {
namespace {

constexpr int kCycles = 30;
constexpr int kPatience = 60'000;

class LinkCrashTest : public ::testing::Test {
 protected:
  LinkCrashTest() { RemoveFiles(); }
  ~LinkCrashTest() override { RemoveFiles(); }

  void RemoveFiles() const {
    shm_unlink(name_.c_str());
    shm_unlink((name_ + ".bell").c_str());
  }

  pid_t Spawn(const char* side) const {
    const pid_t child = fork();
    if (child != 0) return child;
    const char* peer = "services/station_agent/link/link_peer";
    execl(peer, peer, side, name_.c_str(), nullptr);
    _exit(127);
  }
  // Kills the child, which must not have ended by itself: that would mean a torn frame.
  static void Kill(pid_t child) {
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the peer ended by itself with " << WEXITSTATUS(status);
  }
  // What became of the child, for a test that waits in vain.
  static std::string Describe(pid_t child) {
    int status = 0;
    if (child == 0 || waitpid(child, &status, WNOHANG) != child) return "no agent, or a live one";
    return "the agent ended with " + std::to_string(WEXITSTATUS(status));
  }
  // So that the kill falls anywhere.
  void PauseAWhile() {
    timespec pause = {0, static_cast<long>(random_() % 5'000'000)};
    ppoll(nullptr, 0, &pause, nullptr);
  }

  const std::string name_ = "/understudy-crash-" + std::to_string(getpid());
  std::mt19937 random_{11};
};

class CheckingObserver final : public AgentLinkObserver {
 public:
  void OnNativeAttached(uint32_t) override { ++attached; }
  void OnNativeLost(uint32_t) override { ++lost; }
  void OnNativeAnswer(NativeAnswer) override {}
  void OnNativeConfiguration(NativeConfiguration configuration) override {
    ++configurations;
    if (!IsWholePatterned(configuration.content)) ++torn;
  }
  void OnNativeIndicators(NativeIndicators) override {}
  void OnNativeChildren(std::vector<NativeChild>) override {}
  void OnFrame() override {}
  void OnBadFrame(const absl::Status&) override { ++bad; }
  void OnLinkRemade() override {}
  void OnLinkBroken(const absl::Status&) override {}

  std::atomic<int> attached = 0;
  std::atomic<int> lost = 0;
  std::atomic<int> configurations = 0;
  std::atomic<int> torn = 0;
  std::atomic<int> bad = 0;
};

TEST_F(LinkCrashTest, TheAgentSeesWholeFramesOfProcessesThatAreKilled) {
  CheckingObserver observer;
  auto link = AgentLink::Open({name_, std::nullopt, &LinkRuntime()}, observer);
  ASSERT_TRUE(link.ok()) << link.status();
  (*link)->Start();
  for (int cycle = 1; cycle <= kCycles; ++cycle) {
    const int before = observer.configurations;
    const pid_t native = Spawn("native");
    ASSERT_TRUE(understudy::testing::Eventually([&] { return observer.configurations > before; }));
    ASSERT_TRUE((*link)
                    ->Activate(static_cast<uint64_t>(cycle),
                               MakePatterned(static_cast<uint64_t>(cycle)), {})
                    .ok());
    PauseAWhile();
    ASSERT_NO_FATAL_FAILURE(Kill(native));
    ASSERT_TRUE(understudy::testing::Eventually([&] { return observer.lost == cycle; }));
  }
  EXPECT_EQ(observer.attached, kCycles);
  EXPECT_EQ(observer.torn, 0);
  EXPECT_EQ(observer.bad, 0);
}

TEST_F(LinkCrashTest, TheNativeProcessSeesWholeFramesOfAgentsThatAreKilled) {
  pid_t agent = Spawn("agent");
  station_link* link = nullptr;
  ASSERT_EQ(station_link_open(name_.c_str(), 60'000, &link), 0);
  int lost = 0;
  int back = 0;
  int configurations = 0;
  bool attached = true;
  while (lost < kCycles) {
    station_link_event event;
    ASSERT_EQ(station_link_wait(link, kPatience, &event), 0) << Describe(agent);
    switch (event.kind) {
      case STATION_LINK_EVENT_CONFIGURATION:
        ASSERT_TRUE(IsWholePatterned({static_cast<const char*>(event.data), event.size}));
        // Some orders of each agent, then the end of it.
        if (!attached || agent == 0 || ++configurations % 5 != 0) break;
        PauseAWhile();
        ASSERT_NO_FATAL_FAILURE(Kill(agent));
        agent = 0;
        break;
      case STATION_LINK_EVENT_AGENT_LOST:
        ++lost;
        attached = false;
        agent = Spawn("agent");
        break;
      case STATION_LINK_EVENT_AGENT_BACK:
        ++back;
        attached = true;
        break;
      case STATION_LINK_EVENT_STAND_DOWN:
        FAIL() << "nobody said so";
    }
    const std::string document = MakePatterned(static_cast<uint64_t>(configurations));
    ASSERT_EQ(station_link_publish_configuration(link, document.data(), document.size()), 0);
  }
  EXPECT_GE(back, kCycles - 1);
  ASSERT_NO_FATAL_FAILURE(Kill(agent));
  station_link_close(link);
}

TEST_F(LinkCrashTest, BothSidesMayDieTogether) {
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    const pid_t agent = Spawn("agent");
    const pid_t native = Spawn("native");
    PauseAWhile();
    ASSERT_NO_FATAL_FAILURE(Kill(agent));
    ASSERT_NO_FATAL_FAILURE(Kill(native));
  }
  CheckingObserver observer;
  auto link = AgentLink::Open({name_, std::nullopt, &LinkRuntime()}, observer);
  ASSERT_TRUE(link.ok()) << link.status();
  (*link)->Start();
  const pid_t native = Spawn("native");
  EXPECT_TRUE(understudy::testing::Eventually([&] { return observer.configurations > 0; }));
  ASSERT_NO_FATAL_FAILURE(Kill(native));
  EXPECT_EQ(observer.torn, 0);
}

}  // namespace
}  // namespace understudy::station_agent
