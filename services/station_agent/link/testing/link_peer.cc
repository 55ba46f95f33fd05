// One side of a link as a process of its own, to be killed by a test at any moment.
//   link_peer native NAME   publishes, reports and answers as fast as it can
//   link_peer agent NAME    gives orders as fast as it can
// Exits with 3 as soon as it sees a document that is not whole.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "services/station_agent/link/agent_link.h"
#include "services/station_agent/link/station_link.h"
#include "services/station_agent/link/testing/link_runtime.h"
#include "services/station_agent/link/testing/patterned.h"

namespace {

namespace agent = understudy::station_agent;

constexpr int kTorn = 3;
constexpr int kCannot = 4;

uint64_t FirstSeed() { return static_cast<uint64_t>(getpid()) << 32; }

int RunNative(const char* name) {
  station_link* link = nullptr;
  if (station_link_open(name, 60'000, &link) != 0) return kCannot;
  const station_link_child children[] = {{"camera-1", "camera", 1}, {"camera-2", "camera", 0}};
  const station_link_indicators indicators = {1234, 0.5, nullptr, 0};
  for (uint64_t seed = FirstSeed();; ++seed) {
    const std::string document = agent::MakePatterned(seed);
    (void)station_link_publish_configuration(link, document.data(), document.size());
    (void)station_link_report_children(link, children, 2);
    (void)station_link_report_indicators(link, &indicators);
    station_link_heartbeat(link);
    station_link_event event;
    if (station_link_wait(link, 0, &event) != 0) continue;
    if (event.kind != STATION_LINK_EVENT_CONFIGURATION) continue;
    if (!agent::IsWholePatterned({static_cast<const char*>(event.data), event.size})) return kTorn;
    (void)station_link_acknowledge_running(link, event.sha256);
  }
}

class TornFrameExits final : public agent::AgentLinkObserver {
 public:
  void OnNativeAttached(uint32_t) override {}
  void OnNativeLost(uint32_t) override {}
  void OnNativeAnswer(agent::NativeAnswer) override {}
  void OnNativeConfiguration(agent::NativeConfiguration configuration) override {
    if (!agent::IsWholePatterned(configuration.content)) _exit(kTorn);
  }
  void OnNativeIndicators(agent::NativeIndicators) override {}
  void OnNativeChildren(std::vector<agent::NativeChild>) override {}
  void OnFrame() override {}
  void OnBadFrame(const absl::Status&) override { _exit(kTorn); }
  void OnLinkRemade() override {}
  void OnLinkBroken(const absl::Status&) override {}
};

int RunAgent(const char* name) {
  TornFrameExits observer;
  auto link = agent::AgentLink::Open({name, std::nullopt, &agent::LinkRuntime()}, observer);
  if (!link.ok()) return kCannot;
  (*link)->Start();
  for (uint64_t seed = FirstSeed() + 1;; ++seed) {
    if (!(*link)->Activate(seed, agent::MakePatterned(seed), {}).ok()) return kCannot;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return std::string(argv[1]) == "native" ? RunNative(argv[2]) : RunAgent(argv[2]);
}
