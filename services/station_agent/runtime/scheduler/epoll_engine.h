#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_EPOLL_ENGINE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_EPOLL_ENGINE_H_

#include <sys/epoll.h>

#include <array>

#include "services/station_agent/runtime/scheduler/event_engine.h"

namespace understudy::station_agent::runtime {

// The engine over Linux's epoll. A wake is one write to an eventfd that is watched edge-triggered
// and therefore never has to be read.
class EpollEngine final : public EventEngine {
 public:
  EpollEngine();
  ~EpollEngine() override;

  EpollEngine(const EpollEngine&) = delete;
  EpollEngine& operator=(const EpollEngine&) = delete;

  int Watch(int descriptor, uint32_t generation) override;
  void Forget(int descriptor) override;
  size_t Wait(absl::Duration timeout, std::span<DescriptorEvent> events) override;
  void Wake() override;
  void AbandonAfterFork() override;

 private:
  static constexpr size_t kBatch = 256;

  int WaitRaw(absl::Duration timeout, int limit);

  int epoll_;
  int wake_;
  bool has_nanoseconds_ = true;  // epoll_pwait2: Linux 5.11
  std::array<epoll_event, kBatch> raw_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_EPOLL_ENGINE_H_
