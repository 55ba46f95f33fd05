#include "services/station_agent/link/agent_link.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/status/status.h"
#include "services/station_agent/link/station_link_bell.h"
#include "services/station_agent/link/station_link_process.h"
#include "services/station_agent/runtime/scheduler/runtime.h"

namespace understudy::station_agent {
namespace {

// How often the two files themselves are looked after when the bell is quiet.
constexpr int kRoundMilliseconds = 1000;
// Of the runtime, so that it is known which one to ask whether it still runs.
constexpr int kThread = 0;
constexpr absl::Duration kAskAgain = absl::Milliseconds(50);

absl::Status MakeLinkError(int error, const std::string& name) {
  const std::string found = "link " + name + " (its memory, or " + name + STATION_LINK_BELL_SUFFIX +
                            ", in /dev/shm): " + std::strerror(-error);
  switch (error) {
    case -EBUSY:
      return MakeError(absl::StatusCode::kAborted, "LINK_BUSY",
                       "link " + name + ": another agent that lives has it");
    case -EPERM:
    case -EACCES:
      return MakeError(absl::StatusCode::kPermissionDenied, "LINK_DENIED", found);
    default:
      return MakeError(absl::StatusCode::kUnavailable, "LINK_UNAVAILABLE", found);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<AgentLink>> AgentLink::Open(Options options,
                                                           AgentLinkObserver& observer) {
  std::unique_ptr<AgentLink> link(new AgentLink(std::move(options), observer));
  UNDERSTUDY_RETURN_IF_ERROR(link->Make());
  return link;
}

void AgentLink::Start() {
  ended_ = std::make_shared<absl::Notification>();
  options_.runtime->Spawn(
      [this, at_end = absl::MakeCleanup([ended = ended_] { ended->Notify(); })] { Loop(); },
      {.name = "native-link", .priority = runtime::Priority::kHigh}, kThread);
}

AgentLink::AgentLink(Options options, AgentLinkObserver& observer)
    : options_(std::move(options)),
      observer_(observer),
      buffer_(std::make_unique_for_overwrite<char[]>(STATION_LINK_MAX_DOCUMENT)) {}

AgentLink::~AgentLink() {
  if (ended_ != nullptr) Stop();
  if (native_pidfd_ >= 0) close(native_pidfd_);
  if (segment_.header != nullptr) {
    station_link_sign_out(&segment_.header->agent);
    station_link_ring(&segment_.header->native.bell);
  }
  station_link_unmap(&segment_);
}

void AgentLink::Stop() {
  stopping_.store(true);
  {
    absl::MutexLock lock(&mutex_);
    station_link_ring_fifo(segment_.bell);
  }
  // A runtime that stops and has no time left drops coroutines as they are: they never end.
  runtime::Manager& manager = options_.runtime->manager(kThread);
  while (!ended_->WaitForNotificationWithTimeout(kAskAgain) && manager.Post([] {})) {
  }
}

absl::Status AgentLink::Make() {
  int adopted = 0;
  const int result = station_link_make(
      options_.name.c_str(), options_.group.value_or(static_cast<gid_t>(-1)), &segment_, &adopted);
  if (result != 0) return MakeLinkError(result, options_.name);
  station_link_sign_in(&segment_.header->agent);
  station_link_ring(&segment_.header->native.bell);
  return absl::OkStatus();
}

void AgentLink::Loop() {
  while (!stopping_.load() && !runtime::IsCancelled()) {
    Round();
    // A native process that never rests must not keep the thread.
    runtime::Yield();
    if (!stopping_.load()) AwaitNews();
  }
}

// Until the bell is rung, the native process ends, or it is time to look after the files.
void AgentLink::AwaitNews() {
  pollfd entries[] = {{segment_.bell, POLLIN, 0}, {native_pidfd_, POLLIN, 0}};
  if (poll(entries, std::size(entries), kRoundMilliseconds) <= 0) return;
  if (entries[0].revents != 0) station_link_hush_fifo(segment_.bell);
  native_ended_ = entries[1].revents != 0;
}

void AgentLink::Round() {
  RemakeIfGone();
  __atomic_fetch_add(&segment_.header->agent.heartbeat, 1, __ATOMIC_RELAXED);
  const uint32_t generation =
      __atomic_load_n(&segment_.header->native.generation, __ATOMIC_SEQ_CST);
  // What a process said before it ended or detached counts: first it was seen to be gone, then its
  // mail is read, then it is lost.
  ReadAll();
  if (std::exchange(native_ended_, false)) LoseNative();
  if (generation != native_generation_) MeetNative(generation);
}

// Somebody removed or cut a file: memory past its end would kill us when touched.
void AgentLink::RemakeIfGone() {
  const bool current = station_link_is_current(options_.name.c_str(), &segment_) != 0;
  const absl::Status status = current ? absl::OkStatus() : MakeAnew();
  if (!status.ok() && !broken_) observer_.OnLinkBroken(status);
  broken_ = !status.ok();
  if (current || broken_) return;
  seen_ = {};
  native_generation_ = 0;
  observer_.OnLinkRemade();
}

absl::Status AgentLink::MakeAnew() {
  absl::MutexLock lock(&mutex_);
  const int result = station_link_withdraw(options_.name.c_str(), &segment_);
  if (result != 0) return MakeLinkError(result, options_.name);
  station_link_segment old = std::exchange(segment_, station_link_no_segment());
  const absl::Status status = Make();
  if (!status.ok()) std::swap(old, segment_);
  station_link_unmap(&old);
  return status;
}

void AgentLink::LoseNative() {
  if (native_pidfd_ >= 0) close(std::exchange(native_pidfd_, -1));
  const uint32_t pid = native_pid_.exchange(0);
  if (pid != 0) observer_.OnNativeLost(pid);
}

// Finds out who is on the other side now.
void AgentLink::MeetNative(uint32_t generation) {
  const station_link_side& native = segment_.header->native;
  native_generation_ = generation;
  LoseNative();
  const uint32_t pid = __atomic_load_n(&native.pid, __ATOMIC_SEQ_CST);
  native_pidfd_ =
      station_link_open_process(pid, __atomic_load_n(&native.start_time, __ATOMIC_SEQ_CST));
  if (native_pidfd_ < 0) return;
  native_pid_.store(pid, std::memory_order_release);
  observer_.OnNativeAttached(pid);
  // It has overwritten these of its predecessor; what was read already was its own, taken for that
  // one's last words.
  seen_.answer = seen_.indicators = seen_.children = 0;
  ReadAll();
}

template <typename Deliver>
void AgentLink::Read(const station_link_box& box, uint64_t& seen, Deliver deliver) {
  station_link_frame frame;
  const int result =
      station_link_mailbox_read(&box, seen, &frame, buffer_.get(), STATION_LINK_MAX_DOCUMENT);
  if (result == -ENOMSG || result == -EAGAIN) return;
  if (result == -EBADMSG) {
    seen = __atomic_load_n(&box.control->sequence, __ATOMIC_ACQUIRE);
    observer_.OnBadFrame(MakeError(absl::StatusCode::kDataLoss, "DAMAGED_FRAME",
                                   "a frame in the shared memory is damaged"));
    return;
  }
  seen = frame.sequence;
  const absl::Status status = deliver(frame, std::string_view(buffer_.get(), frame.length));
  if (status.ok()) {
    observer_.OnFrame();
  } else {
    observer_.OnBadFrame(status);
  }
}

void AgentLink::ReadAll() {
  if (native_pidfd_ < 0) return;
  // Decodes by `decode` and hands the value to the observer's `hear`.
  const auto to = [this](auto decode, auto hear) {
    return [this, decode, hear](const station_link_frame& frame, std::string_view data) {
      auto value = decode(frame, data);
      if (value.ok()) (observer_.*hear)(*std::move(value));
      return value.status();
    };
  };
  Read(segment_.configuration, seen_.configuration,
       to(DecodeConfiguration, &AgentLinkObserver::OnNativeConfiguration));
  Read(segment_.answer, seen_.answer, to(DecodeAnswer, &AgentLinkObserver::OnNativeAnswer));
  Read(segment_.indicators, seen_.indicators,
       to(DecodeIndicators, &AgentLinkObserver::OnNativeIndicators));
  Read(segment_.children, seen_.children, to(DecodeChildren, &AgentLinkObserver::OnNativeChildren));
}

std::optional<AgentLink::Order> AgentLink::CurrentOrder() const {
  const auto document = std::make_unique_for_overwrite<char[]>(STATION_LINK_MAX_DOCUMENT);
  absl::MutexLock lock(&mutex_);
  station_link_frame frame;
  if (station_link_mailbox_read(&segment_.orders, 0, &frame, document.get(),
                                STATION_LINK_MAX_DOCUMENT) != 0) {
    return std::nullopt;
  }
  Order order;
  order.kind =
      frame.kind == STATION_LINK_ORDER_ACTIVATE ? Order::Kind::kActivate : Order::Kind::kStandDown;
  order.number = frame.tag;
  std::copy(std::begin(frame.sha256), std::end(frame.sha256), order.sha256.begin());
  return order;
}

absl::Status AgentLink::Activate(uint64_t number, std::string_view document, const Sha256& sha256) {
  return Put(STATION_LINK_ORDER_ACTIVATE, number, document, sha256);
}

absl::Status AgentLink::StandDown(uint64_t number) {
  return Put(STATION_LINK_ORDER_STAND_DOWN, number, {}, Sha256{});
}

absl::Status AgentLink::Put(uint32_t kind, uint64_t number, std::string_view document,
                            const Sha256& sha256) {
  if (document.size() > STATION_LINK_MAX_DOCUMENT) {
    return MakeError(absl::StatusCode::kResourceExhausted, "DOCUMENT_TOO_LARGE",
                     "link " + options_.name + ": a document of " +
                         std::to_string(document.size()) + " bytes, at most 4 MiB fit");
  }
  station_link_frame frame = {};
  frame.kind = kind;
  frame.length = static_cast<uint32_t>(document.size());
  frame.tag = number;
  std::copy(sha256.begin(), sha256.end(), frame.sha256);
  absl::MutexLock lock(&mutex_);
  if (station_link_mailbox_write(&segment_.orders, &frame, document.data()) != 0) {
    return MakeError(absl::StatusCode::kResourceExhausted, "LINK_FULL",
                     "link " + options_.name + ": the machine has no memory left for it");
  }
  station_link_ring(&segment_.header->native.bell);
  return absl::OkStatus();
}

void AgentLink::SetLease(SteadyTime until) {
  const uint64_t value = until.is_infinite() ? 0 : static_cast<uint64_t>(until.nanoseconds());
  const uint64_t now = static_cast<uint64_t>(station_link_now());
  absl::MutexLock lock(&mutex_);
  const uint64_t before =
      __atomic_exchange_n(&segment_.header->agent.lease_until, value, __ATOMIC_SEQ_CST);
  // A lease that only grew needs no waking: the native process looks when the old one ends.
  if (value == before || (before > now && value > before)) return;
  station_link_ring(&segment_.header->native.bell);
}

SteadyTime AgentLink::Lease() const {
  absl::MutexLock lock(&mutex_);
  const uint64_t value = __atomic_load_n(&segment_.header->agent.lease_until, __ATOMIC_SEQ_CST);
  return value == 0 ? SteadyTime::Infinite()
                    : SteadyTime::FromNanoseconds(static_cast<int64_t>(value));
}

uint64_t AgentLink::NativeHeartbeat() const {
  absl::MutexLock lock(&mutex_);
  return __atomic_load_n(&segment_.header->native.heartbeat, __ATOMIC_RELAXED);
}

}  // namespace understudy::station_agent
