#include "bench/membership/beat_sender.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "absl/time/clock.h"

namespace understudy::bench {
namespace {

constexpr size_t kBatch = 64;

absl::Duration ThreadCpu() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

// Packets of one sendmmsg call.
struct Batch {
  Batch() {
    for (size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {.iov_base = packets[i].data(), .iov_len = beat::kPacketSize};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }
  std::array<beat::Packet, kBatch> packets;
  std::array<iovec, kBatch> vectors;
  std::array<mmsghdr, kBatch> messages;
};

}  // namespace

BeatSender::BeatSender(const Clock& clock, int port, std::vector<Station> stations)
    : clock_(clock),
      descriptor_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      stations_(std::move(stations)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  static_cast<void>(connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)));
}

BeatSender::~BeatSender() { close(descriptor_); }

BeatSender::Result BeatSender::Run(absl::Duration interval, absl::Duration duration,
                                   uint64_t ask_every) {
  Result result;
  const absl::Duration cpu = ThreadCpu();
  const SteadyTime start = clock_.SteadyNow();
  const double per_second = static_cast<double>(stations_.size()) / absl::ToDoubleSeconds(interval);
  while (result.elapsed < duration) {
    result.elapsed = clock_.SteadyNow() - start;
    const auto due = static_cast<uint64_t>(absl::ToDoubleSeconds(result.elapsed) * per_second);
    const uint64_t sent = result.sent + result.refused;
    const uint64_t behind = due > sent ? due - sent : 0;
    result.worst_lag =
        std::max(result.worst_lag, absl::Seconds(static_cast<double>(behind) / per_second));
    if (behind < kBatch) {
      absl::SleepFor(absl::Microseconds(200));
      continue;
    }
    SendNext(kBatch, ask_every, result);
  }
  result.cpu = ThreadCpu() - cpu;
  return result;
}

void BeatSender::SendNext(uint64_t count, uint64_t ask_every, Result& result) {
  static thread_local Batch batch;
  const auto now = static_cast<uint64_t>(clock_.SteadyNow().nanoseconds());
  for (uint64_t i = 0; i < count; ++i) {
    Station& station = stations_[turn_];
    turn_ = (turn_ + 1) % stations_.size();
    ++station.sequence;
    batch.packets[i] =
        beat::EncodeBeat({.answer_requested = ask_every > 0 && station.sequence % ask_every == 0,
                          .session_id = station.session_id,
                          .sequence = station.sequence,
                          .sender_time_ns = now},
                         station.key);
  }
  const int sent = sendmmsg(descriptor_, batch.messages.data(), static_cast<unsigned>(count), 0);
  const uint64_t taken = sent < 0 ? 0 : static_cast<uint64_t>(sent);
  result.sent += taken;
  result.refused += count - taken;
}

}  // namespace understudy::bench
