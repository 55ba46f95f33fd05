#include <cxxabi.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "absl/base/internal/sysinfo.h"
#include "services/station_agent/runtime/scheduler/descriptor_registry.h"
#include "services/station_agent/runtime/scheduler/manager.h"
#include "services/station_agent/runtime/scheduler/stack_overflow.h"

// The loop of a manager: work from other threads, events, timers, then a batch of coroutines.
namespace understudy::station_agent::runtime {
namespace {

// A batch should last about this long: events are looked for between batches.
constexpr absl::Duration kShortBatch = absl::Microseconds(50);
constexpr absl::Duration kLongBatch = absl::Microseconds(200);
constexpr size_t kFiredAtOnce = 32;
// Of a stack that will run, as far as its wait used it.
constexpr size_t kFetchedLines = 4;

class TaskNode : public InboxNode {
 public:
  explicit TaskNode(absl::AnyInvocable<void() &&> task) : task_(std::move(task)) {
    run = [](InboxNode* node, Manager&) {
      const std::unique_ptr<TaskNode> self(static_cast<TaskNode*>(node));
      std::move(self->task_)();
    };
  }

 private:
  absl::AnyInvocable<void() &&> task_;
};

}  // namespace

void Manager::BindToThread() {
  static const int once = pthread_atfork(nullptr, nullptr, [] {
    if (current_manager != nullptr) current_manager->AbandonAfterFork();
  });
  (void)once;
  // Abseil measures the processor's clock at the first contention of a lock, with sleeps. In a
  // coroutine, with the hooks, it would yield there while it holds that lock.
  absl::base_internal::NominalCPUFrequency();
  current_manager = this;
  errno_ = &errno;
  exceptions_ = reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
  AdoptThread(loop_fiber_);
  ReportStackOverflowsOfThisThread();
  thread_id_.store(gettid(), std::memory_order_relaxed);
}

void Manager::AbandonAfterFork() {
  current_manager = nullptr;
  engine_.AbandonAfterFork();
  posting_.store(0, std::memory_order_relaxed);  // those threads are the parent's
  descriptor_registry::AbandonAfterFork();
}

template <typename Done>
void Manager::Loop(Done done) {
  BindToThread();
  while (true) {
    DrainInbox();
    if (done()) break;
    WaitForEvents(SteadyTime::Infinite());
    FireTimers();
    RunBatch();
    load_.store(pool_.live(), std::memory_order_relaxed);
  }
}

void Manager::RunUntilDone() {
  Loop([this] { return pool_.live() == 0; });
}

void Manager::Run(absl::Duration patience) {
  Loop([this] { return stopping_.load(std::memory_order_acquire); });
  Shutdown(patience);
}

uint32_t Manager::Shutdown(absl::Duration patience) {
  const SteadyTime end = clock_.SteadyNow() + patience;
  BindToThread();
  phase_ = Phase::kCancelsAll;
  CancelAll();
  while (pool_.live() != 0 && clock_.SteadyNow() < end) {
    DrainInbox();
    WaitForEvents(end);
    FireTimers();
    RunBatch();
  }
  DrainInbox();
  phase_ = Phase::kOpen;
  return pool_.live();
}

void Manager::Close() {
  phase_ = Phase::kClosed;
  do {
    DrainInbox();
  } while (!inbox_.CloseIfEmpty());
}

// From the push on the node may have run, and with it all that kept the manager alive: the
// destructor waits for those who still look whether they must wake it.
bool Manager::Post(InboxNode* node) {
  posting_.fetch_add(1, std::memory_order_relaxed);
  const bool pushed = inbox_.Push(node);
  if (pushed && asleep_.load(std::memory_order_seq_cst) &&
      asleep_.exchange(false, std::memory_order_seq_cst)) {
    bells_.fetch_add(1, std::memory_order_relaxed);
    engine_.Wake();
  }
  posting_.fetch_sub(1, std::memory_order_release);
  return pushed;
}

bool Manager::Post(absl::AnyInvocable<void() &&> task) {
  auto node = std::make_unique<TaskNode>(std::move(task));
  if (!Post(node.get())) return false;
  static_cast<void>(node.release());  // it frees itself when it has run
  return true;
}

void Manager::Stop() {
  stopping_.store(true, std::memory_order_release);
  Post([] {});
}

void Manager::DrainInbox() {
  InboxNode* node = inbox_.TakeAll();
  while (node != nullptr) {
    InboxNode* next = node->next;  // the node may be gone after it ran
    ++wakes_;
    node->run(node, *this);
    node = next;
  }
}

// Those that fired run before more are fired, while what was touched of them is in the cache. First
// all are taken, then the first line of every stack is fetched, then the rest: on some processors a
// prefetch waits for the page table, and only those that follow one another closely wait together.
void Manager::FireTimers() {
  std::array<TimerWheel::Owner, kFiredAtOnce> owners;
  size_t count = 0;
  for (; count < owners.size(); ++count) {
    owners[count] = timers_.PopDue(pass_time_);
    if (owners[count] == TimerWheel::kNobody) break;
    __builtin_prefetch(&waits_[owners[count]], 1);
    __builtin_prefetch(pool_.At(owners[count]), 1);
  }
  const std::span due(owners.data(), count);
  for (const TimerWheel::Owner owner : due) __builtin_prefetch(StackOf(owner), 1);
  for (const TimerWheel::Owner owner : due) {
    for (size_t line = 1; line < kFetchedLines; ++line) {
      __builtin_prefetch(StackOf(owner) + line * 64, 1);
    }
  }
  for (const TimerWheel::Owner owner : due) EndWait(owner, WakeReason::kTimedOut);
  timers_fired_ += count;
  more_due_ = count == owners.size();
}

absl::Duration Manager::TimeToWait(SteadyTime latest_wake) {
  if (!ready_.empty()) return absl::ZeroDuration();
  const SteadyTime wake = std::min(timers_.NextWake(), latest_wake);
  if (wake.is_infinite()) return absl::InfiniteDuration();
  return std::max(wake - clock_.SteadyNow(), absl::ZeroDuration());
}

void Manager::WaitForEvents(SteadyTime latest_wake) {
  absl::Duration timeout = TimeToWait(latest_wake);
  const bool sleeps = timeout > absl::ZeroDuration();
  if (sleeps) {
    // Whoever pushes after this sees that a wake is needed; what was pushed before is seen here.
    asleep_.store(true, std::memory_order_seq_cst);
    if (!inbox_.empty()) timeout = absl::ZeroDuration();
  }
  const size_t count = engine_.Wait(timeout, events_);
  if (sleeps) asleep_.store(false, std::memory_order_relaxed);
  pass_time_ = clock_.SteadyNow();
  for (size_t i = 0; i < count; ++i) HandleEvent(events_[i]);
  if (sleeps) DrainInbox();
}

void Manager::HandleEvent(const DescriptorEvent& event) {
  DescriptorEntry& entry = descriptors_.At(event.descriptor);
  if (entry.generation != event.generation) return;
  constexpr uint32_t kEnds = EPOLLHUP | EPOLLERR;
  uint32_t events = event.events;
  if ((events & ~uint32_t{EPOLLOUT}) != 0) entry.drained = false;
  if ((events & (kEnds | EPOLLRDHUP | EPOLLPRI)) != 0) entry.always_try = true;
  if ((events & EPOLLRDHUP) != 0) events |= EPOLLIN;
  for (DescriptorWait* wait = entry.waits; wait != nullptr; wait = wait->next) {
    if ((events & (wait->events | kEnds)) == 0) continue;
    if (wait->waiter->ClaimHere(WakeReason::kReady)) MakeReady(wait->waiter->coroutine);
  }
}

// Short batches follow one another, and so do the timers that were due when this pass began: to
// look at the clock between them is cheaper than to look for events.
bool Manager::MayGoOn() {
  const bool spent = budget_.load(std::memory_order_relaxed) <= 0;
  if (!spent && !more_due_) return false;  // nobody is ready
  const absl::Duration took = clock_.SteadyNow() - pass_time_;
  if (took > kLongBatch) batch_ = std::max(batch_ / 2, kSmallestBatch);
  if (took >= kShortBatch) return false;
  if (spent) batch_ = std::min(batch_ * 2, kLargestBatch);
  if (more_due_) FireTimers();
  return inbox_.empty() && !ready_.empty();
}

void Manager::BeginRunDelaySample() {
  sampling_ = true;
  sampled_at_ = pass_time_;
  ready_.PeekLast()->delay_sampled = true;
}

void Manager::SampleRunDelay(Coroutine* coroutine) {
  coroutine->delay_sampled = false;
  sampling_ = false;
  const absl::Duration delay = clock_.SteadyNow() - sampled_at_;
  ++run_delay_.samples;
  run_delay_.total += delay;
  run_delay_.longest = std::max(run_delay_.longest, delay);
}

void Manager::Trim() {
  stacks_.Trim(options_.keep_stacks);
  pool_.Shrink();
  trimmed_.store(true, std::memory_order_relaxed);
}

int Manager::BeginWatch(int descriptor, DescriptorEntry& entry) {
  if (!descriptor_registry::NoteWatch(descriptor, number_)) return EPERM;
  const int error = engine_.Watch(descriptor, entry.generation);
  if (error == 0) entry.watched = true;
  if (error == EPERM) entry.kind = DescriptorKind::kNeverWaits;
  return error;
}

void Manager::DescriptorClosed(int descriptor) {
  DescriptorEntry& entry = descriptors_.At(descriptor);
  const uint32_t generation = descriptor_registry::GenerationOf(descriptor);
  if (entry.generation != generation) {
    if (entry.watched) engine_.Forget(descriptor);
    entry.Reset(generation);
  }
  WakeStaleWaits(descriptor);
}

void Manager::DescriptorClosedElsewhere(int descriptor) {
  engine_.Forget(descriptor);
  Post([this, descriptor] { WakeStaleWaits(descriptor); });
}

void Manager::WakeStaleWaits(int descriptor) {
  const uint32_t generation = descriptor_registry::GenerationOf(descriptor);
  for (DescriptorWait* wait = descriptors_.At(descriptor).waits; wait != nullptr;
       wait = wait->next) {
    if (wait->generation == generation) continue;
    if (wait->waiter->ClaimHere(WakeReason::kClosed)) MakeReady(wait->waiter->coroutine);
  }
}

}  // namespace understudy::station_agent::runtime
