#include "services/membership/beat_receiver.h"

#include <pthread.h>

#include <utility>

namespace understudy::membership {
namespace {

// The least that the kernel charges a socket for a datagram, bytes.
constexpr size_t kLeastCharge = 512;

}  // namespace

BeatReceiver::BeatReceiver(const Clock& clock, SharedSessions& sessions,
                           std::unique_ptr<UdpSocket> socket, OnHealthChanged on_health_changed)
    : clock_(clock),
      sessions_(sessions),
      socket_(std::move(socket)),
      on_health_changed_(std::move(on_health_changed)),
      marker_(socket_->receive_buffer_bytes() / kLeastCharge, absl::Milliseconds(5)),
      drained_until_ns_(clock.SteadyNow().nanoseconds()) {}

BeatReceiver::~BeatReceiver() { Stop(); }

void BeatReceiver::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "beats");
}

void BeatReceiver::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

SteadyTime BeatReceiver::drained_until() const {
  return SteadyTime::FromNanoseconds(drained_until_ns_.load(std::memory_order_acquire));
}

std::optional<clockid_t> BeatReceiver::cpu_clock() const {
  clockid_t id = 0;
  if (!thread_.joinable()) return std::nullopt;
  const pthread_t handle = const_cast<std::thread&>(thread_).native_handle();
  return pthread_getcpuclockid(handle, &id) == 0 ? std::optional(id) : std::nullopt;
}

void BeatReceiver::Run() {
  while (!stopping_.load(std::memory_order_relaxed)) ReceiveOnce();
}

void BeatReceiver::ReceiveOnce() {
  const SteadyTime begun = clock_.SteadyNow();
  const size_t received = socket_->Receive();
  if (received > 0) {
    sessions_.AcceptBatch(socket_->datagrams(), clock_.SteadyNow(), outcome_);
    for (const auto& reply : outcome_.replies) socket_->QueueReply(reply.index, reply.packet);
    Count();
    if (!outcome_.health_changed.empty()) on_health_changed_(outcome_.health_changed);
  }
  // Only now are these beats in the heard times.
  marker_.OnRead(begun, received, received < UdpSocket::kMaxBatch);
  drained_until_ns_.store(marker_.drained_until().nanoseconds(), std::memory_order_release);
}

void BeatReceiver::Count() {
  const size_t sent = socket_->Flush();
  stats_.answers.fetch_add(sent, std::memory_order_relaxed);
  stats_.answers_dropped.fetch_add(outcome_.replies.size() - sent, std::memory_order_relaxed);
  stats_.batches.fetch_add(1, std::memory_order_relaxed);
  stats_.kernel_drops.store(socket_->kernel_drops(), std::memory_order_relaxed);
  for (size_t i = 0; i < kBeatResults; ++i) {
    if (outcome_.counts[i] > 0) {
      stats_.results[i].fetch_add(outcome_.counts[i], std::memory_order_relaxed);
    }
  }
}

}  // namespace understudy::membership
