#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_BEAT_RECEIVER_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_BEAT_RECEIVER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/time/clock.h"
#include "services/membership/drain_marker.h"
#include "services/membership/shared_sessions.h"
#include "services/membership/udp_socket.h"

namespace understudy::membership {

// Totals since the start. Written by the receiver's thread, read by any.
struct BeatStats {
  std::array<std::atomic<uint64_t>, kBeatResults> results = {};
  std::atomic<uint64_t> batches = 0;
  std::atomic<uint64_t> answers = 0;
  // Answers that the kernel would not take.
  std::atomic<uint64_t> answers_dropped = 0;
  std::atomic<uint64_t> kernel_drops = 0;
};

// The thread that reads beats: takes a batch, has it judged, answers. A beat passes no queue and
// allocates nothing.
class BeatReceiver {
 public:
  // Slots whose health bits changed; called on the receiver's thread, must not block.
  using OnHealthChanged = std::function<void(const std::vector<Slot>&)>;

  // `clock` and `sessions` must outlive the receiver.
  BeatReceiver(const Clock& clock, SharedSessions& sessions, std::unique_ptr<UdpSocket> socket,
               OnHealthChanged on_health_changed);
  // Stops.
  ~BeatReceiver();
  BeatReceiver(const BeatReceiver&) = delete;
  BeatReceiver& operator=(const BeatReceiver&) = delete;

  void Start();
  // Joins the thread, which takes as long as the socket's wait. Idempotent.
  void Stop();

  int port() const { return socket_->port(); }
  size_t receive_buffer_bytes() const { return socket_->receive_buffer_bytes(); }
  // Every beat that arrived before this time is in the heard times. Any thread.
  SteadyTime drained_until() const;
  const BeatStats& stats() const { return stats_; }
  // The clock of the CPU time that the thread has used, for benchmarks; nothing unless it runs.
  std::optional<clockid_t> cpu_clock() const;

 private:
  void Run();
  void ReceiveOnce();
  void Count();

  const Clock& clock_;
  SharedSessions& sessions_;
  const std::unique_ptr<UdpSocket> socket_;
  const OnHealthChanged on_health_changed_;
  DrainMarker marker_;
  SharedSessions::Outcome outcome_;
  BeatStats stats_;
  std::atomic<int64_t> drained_until_ns_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_BEAT_RECEIVER_H_
