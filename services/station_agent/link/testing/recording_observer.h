#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_RECORDING_OBSERVER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_RECORDING_OBSERVER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/station_agent/link/agent_link.h"

namespace understudy::station_agent {

// Remembers what a link heard; a test waits until it is what it should be.
class RecordingObserver final : public AgentLinkObserver {
 public:
  struct Heard {
    int attached = 0;
    int lost = 0;
    int frames = 0;
    int bad_frames = 0;
    int remade = 0;
    std::vector<absl::Status> broken;
    std::optional<NativeAnswer> answer;      // of who is attached
    std::optional<NativeAnswer> last_words;  // of who was attached before
    std::optional<NativeConfiguration> configuration;
    std::optional<NativeIndicators> indicators;
    std::vector<NativeChild> children;
  };

  void OnNativeAttached(uint32_t) override {
    Change([](Heard& heard) {
      ++heard.attached;
      heard.answer.reset();
    });
  }
  void OnNativeLost(uint32_t) override {
    Change([](Heard& heard) {
      ++heard.lost;
      heard.last_words = std::exchange(heard.answer, std::nullopt);
    });
  }
  void OnNativeAnswer(NativeAnswer answer) override {
    Change([&](Heard& heard) { heard.answer = std::move(answer); });
  }
  void OnNativeConfiguration(NativeConfiguration configuration) override {
    Change([&](Heard& heard) { heard.configuration = std::move(configuration); });
  }
  void OnNativeIndicators(NativeIndicators indicators) override {
    Change([&](Heard& heard) { heard.indicators = std::move(indicators); });
  }
  void OnNativeChildren(std::vector<NativeChild> children) override {
    Change([&](Heard& heard) { heard.children = std::move(children); });
  }
  void OnFrame() override {
    Change([](Heard& heard) { ++heard.frames; });
  }
  void OnBadFrame(const absl::Status&) override {
    Change([](Heard& heard) { ++heard.bad_frames; });
  }
  void OnLinkRemade() override {
    Change([](Heard& heard) { ++heard.remade; });
  }
  void OnLinkBroken(const absl::Status& why) override {
    Change([&](Heard& heard) { heard.broken.push_back(why); });
  }

  Heard Now() {
    absl::MutexLock lock(&mutex_);
    return heard_;
  }
  // False when it does not come true within a minute.
  template <typename Predicate>
  bool WaitUntil(Predicate predicate) {
    absl::MutexLock lock(&mutex_);
    const auto holds = [&] { return predicate(heard_); };
    return mutex_.AwaitWithTimeout(absl::Condition(&holds), absl::Minutes(1));
  }

 private:
  template <typename Task>
  void Change(Task task) {
    absl::MutexLock lock(&mutex_);
    task(heard_);
  }

  absl::Mutex mutex_;
  Heard heard_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_RECORDING_OBSERVER_H_
