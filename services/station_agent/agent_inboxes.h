#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_AGENT_INBOXES_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_AGENT_INBOXES_H_

#include <optional>
#include <utility>
#include <vector>

#include "services/station_agent/agent.h"
#include "services/station_agent/runtime/scheduler/runtime.h"

namespace understudy::station_agent {

// Brings what the link hears to the agent's executor: when that is idle, without a change of
// threads, because the site waits for the native process's answer. It runs on the runtime's thread
// then, but outside of its coroutines: there is stack enough, and no hook lets a coroutine run in
// the middle of it.
class Agent::LinkInbox final : public AgentLinkObserver {
 public:
  explicit LinkInbox(Agent& agent) : agent_(agent) {}

  void OnNativeAttached(uint32_t pid) override {
    Post([pid](Agent& agent) { agent.OnNativeAttached(pid); });
  }
  void OnNativeLost(uint32_t pid) override {
    Post([pid](Agent& agent) { agent.OnNativeLost(pid); });
  }
  void OnNativeAnswer(NativeAnswer answer) override {
    Post([answer = std::move(answer)](Agent& agent) { agent.duty_->OnNativeAnswer(answer); });
  }
  void OnNativeConfiguration(NativeConfiguration configuration) override {
    Post([configuration = std::move(configuration)](Agent& agent) mutable {
      agent.duty_->OnNativeConfiguration(std::move(configuration));
    });
  }
  void OnNativeIndicators(NativeIndicators indicators) override {
    Post([indicators = std::move(indicators)](Agent& agent) {
      agent.watch_->OnNativeIndicators(indicators);
    });
  }
  void OnNativeChildren(std::vector<NativeChild> children) override {
    Post([children = std::move(children)](Agent& agent) {
      agent.watch_->OnNativeChildren(children);
    });
  }
  void OnFrame() override { agent_.parts_.metrics.link_frames.Add(); }
  void OnBadFrame(const absl::Status& why) override {
    agent_.parts_.metrics.link_bad_frames.Add();
    Post([why](Agent& agent) {
      agent.log_.Warn("a frame of the native process is refused: {}", DescribeError(why));
    });
  }
  void OnLinkRemade() override {
    Post([](Agent& agent) { agent.OnLinkRemade(); });
  }
  void OnLinkBroken(const absl::Status& why) override {
    Post([why](Agent& agent) {
      agent.log_.Error("the link's files are gone or damaged, and cannot be made anew yet: {}",
                       DescribeError(why));
    });
  }

 private:
  template <typename Task>
  void Post(Task task) {
    runtime::Manager::Current()->Post([&agent = agent_, task = std::move(task)]() mutable {
      agent.parts_.executor->RunOrPost([&agent, task = std::move(task)]() mutable { task(agent); });
    });
  }

  Agent& agent_;
};

// Brings the fate of beats to the agent's executor.
class Agent::BeatInbox final : public BeatObserver {
 public:
  explicit BeatInbox(Agent& agent) : agent_(agent) {}

  void OnBeatSent() override { agent_.parts_.metrics.beats_sent.Add(); }
  void OnBeatAnswered(SteadyTime sent_at, std::optional<SteadyTime> answered_at) override {
    agent_.parts_.metrics.beats_answered.Add();
    if (answered_at.has_value()) {
      agent_.parts_.metrics.beat_round_trip.Observe(*answered_at - sent_at);
    }
    agent_.last_answered_ns_.store(sent_at.nanoseconds());
    // Only a lease makes it worth waking another thread ten times a second.
    if (!agent_.keeps_lease_.load()) return;
    agent_.parts_.executor->Post([&agent = agent_, sent_at] { agent.OnBeatAnswered(sent_at); });
  }
  void OnBeatsUnanswered(uint64_t session_id) override {
    agent_.parts_.executor->Post(
        [&agent = agent_, session_id] { agent.OnBeatsUnanswered(session_id); });
  }
  void OnBeatSessionEnded(uint64_t session_id) override {
    agent_.parts_.executor->Post(
        [&agent = agent_, session_id] { agent.membership_->OnSessionEnded(session_id); });
  }
  void OnStoodStill(absl::Duration gap) override {
    agent_.parts_.executor->Post([&agent = agent_, gap] { agent.OnStoodStill(gap); });
  }
  void OnBadAnswer(beat::Outcome outcome) override {
    agent_.parts_.metrics.CountBadAnswer(outcome);
  }

 private:
  Agent& agent_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_AGENT_INBOXES_H_
