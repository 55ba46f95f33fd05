#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_LINK_TEST_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_LINK_TEST_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "absl/synchronization/notification.h"
#include "services/station_agent/link/agent_link.h"
#include "services/station_agent/link/station_link.h"
#include "services/station_agent/link/station_link_bell.h"
#include "services/station_agent/link/station_link_layout.h"
#include "services/station_agent/link/testing/link_runtime.h"
#include "services/station_agent/link/testing/recording_observer.h"

namespace understudy::station_agent {

// The shared memory as a third one sees it, to look into and to damage.
class MappedLink {
 public:
  explicit MappedLink(const std::string& name) {
    const int fd = shm_open(name.c_str(), O_RDWR, 0);
    memory_ = mmap(nullptr, STATION_LINK_TOTAL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    EXPECT_NE(memory_, MAP_FAILED);
    close(fd);
  }
  ~MappedLink() { munmap(memory_, STATION_LINK_TOTAL_SIZE); }
  station_link_header& header() { return *static_cast<station_link_header*>(memory_); }

 private:
  void* memory_;
};

// Both sides of a link in one process.
class LinkTest : public testing::Test {
 protected:
  static constexpr int kPatience = 60'000;

  LinkTest() { RemoveFiles(); }
  ~LinkTest() override {
    station_link_close(native_);
    agent_.reset();
    RemoveFiles();
  }

  void RemoveFiles() const {
    shm_unlink(name_.c_str());
    shm_unlink((name_ + ".bell").c_str());
  }
  std::string SegmentPath() const { return "/dev/shm" + name_; }
  std::string BellPath() const { return "/dev/shm" + name_ + ".bell"; }

  absl::StatusOr<std::unique_ptr<AgentLink>> Open() {
    return AgentLink::Open({name_, std::nullopt, &LinkRuntime()}, observer_);
  }
  void StartAgent() {
    auto link = Open();
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
  // Meanwhile the agent gets no turn.
  template <typename Task>
  void WhileTheAgentIsHeld(Task task) {
    const auto held = std::make_shared<absl::Notification>();
    const auto go = std::make_shared<absl::Notification>();
    LinkRuntime().Spawn([held, go] {
      held->Notify();
      go->WaitForNotification();
    });
    held->WaitForNotification();
    task();
    go->Notify();
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

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_LINK_TEST_H_
