#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_AGENT_LINK_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_AGENT_LINK_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/document/sha256.h"
#include "common/time/steady_time.h"
#include "services/station_agent/link/link_frames.h"
#include "services/station_agent/link/station_link_segment.h"

namespace understudy::station_agent {
namespace runtime {
class Runtime;
}  // namespace runtime

// Hears what the native process does and says. Called in the link's coroutine, one call at a time:
// must not wait, neither in a call that the runtime hooks nor in any other, nor call back into the
// link, nor go deep, on a stack of class kStandard.
class AgentLinkObserver {
 public:
  virtual ~AgentLinkObserver() = default;

  // A native process is there; what it said so far follows.
  virtual void OnNativeAttached(uint32_t pid) = 0;
  // Its process has ended.
  virtual void OnNativeLost(uint32_t pid) = 0;
  virtual void OnNativeAnswer(NativeAnswer answer) = 0;
  virtual void OnNativeConfiguration(NativeConfiguration configuration) = 0;
  virtual void OnNativeIndicators(NativeIndicators indicators) = 0;
  virtual void OnNativeChildren(std::vector<NativeChild> children) = 0;
  // A whole frame was taken (for metrics), or one was refused.
  virtual void OnFrame() = 0;
  virtual void OnBadFrame(const absl::Status& why) = 0;
  // The segment or its bell had been removed or damaged, and both were made anew: its orders are
  // gone.
  virtual void OnLinkRemade() = 0;
  // They cannot be, now. Once; it is tried again every second.
  virtual void OnLinkBroken(const absl::Status& why) = 0;
};

// The agent's side of the shared memory. Thread-safe. The segment outlives the agent: the next one
// finds it, with the native process on it.
class AgentLink {
 public:
  struct Options {
    // "/understudy-<station>".
    std::string name;
    // Besides the user, this group may attach.
    std::optional<gid_t> group;
    // Where the link listens, in a coroutine. Must outlive the link; may stop before.
    runtime::Runtime* runtime = nullptr;
  };

  // Makes the segment, or finds an earlier agent's. `observer` must outlive the link, and hears
  // nothing before Start.
  //   ABORTED LINK_BUSY: another agent that lives has it
  //   PERMISSION_DENIED LINK_DENIED
  //   UNAVAILABLE LINK_UNAVAILABLE
  static absl::StatusOr<std::unique_ptr<AgentLink>> Open(Options options,
                                                         AgentLinkObserver& observer);
  // Waits for the coroutine's end. Not on the runtime's threads.
  ~AgentLink();

  // Begins to listen, until the runtime stops. Once.
  void Start();

  // What stands in the orders' mailbox now, possibly put there by an earlier agent.
  struct Order {
    enum class Kind { kActivate, kStandDown };
    Kind kind = Kind::kStandDown;
    uint64_t number = 0;
    Sha256 sha256 = {};
  };
  std::optional<Order> CurrentOrder() const;

  // Orders the native process to run `document`, or nothing. The latest order stands; a native
  // process that attaches later gets it then. `number` is not 0 and never used before on this link.
  //   RESOURCE_EXHAUSTED LINK_FULL
  absl::Status Activate(uint64_t number, std::string_view document, const Sha256& sha256);
  absl::Status StandDown(uint64_t number);

  // Until when the duty may run without further word; Infinite: no such limit. The native process
  // obeys it by itself, also when this agent is frozen or dead. In the time of SystemClock.
  void SetLease(SteadyTime until);
  // Possibly set by an earlier agent.
  SteadyTime Lease() const;

  // Grows while the native process's main loop turns.
  uint64_t NativeHeartbeat() const;
  // 0 when there is none.
  uint32_t NativePid() const { return native_pid_.load(std::memory_order_acquire); }

 private:
  struct Seen {
    uint64_t configuration = 0;
    uint64_t answer = 0;
    uint64_t indicators = 0;
    uint64_t children = 0;
  };

  AgentLink(Options options, AgentLinkObserver& observer);

  absl::Status Make();
  absl::Status MakeAnew();
  void Stop();
  void Loop();
  void AwaitNews();
  void Round();
  void RemakeIfGone();
  void MeetNative(uint32_t generation);
  void ReadAll();
  // Reads one mailbox when it has something new and hands it to `deliver(frame, data)`.
  template <typename Deliver>
  void Read(const station_link_box& box, uint64_t& seen, Deliver deliver);
  void LoseNative();
  absl::Status Put(uint32_t kind, uint64_t number, std::string_view document, const Sha256& sha256);

  const Options options_;
  AgentLinkObserver& observer_;
  // Guards the mapping against being remade, and the mailbox that this side writes. The link's
  // coroutine alone changes the mapping, so it reads without the lock, and never waits with it.
  mutable absl::Mutex mutex_;
  station_link_segment segment_ = station_link_no_segment();
  std::atomic<bool> stopping_{false};
  // Of the coroutine; null before Start.
  std::shared_ptr<absl::Notification> ended_;
  std::atomic<uint32_t> native_pid_{0};

  // The coroutine's own.
  uint32_t native_generation_ = 0;
  int native_pidfd_ = -1;
  bool native_ended_ = false;
  bool broken_ = false;
  Seen seen_;
  // 4 MiB, of which only what was used is resident.
  const std::unique_ptr<char[]> buffer_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_AGENT_LINK_H_
