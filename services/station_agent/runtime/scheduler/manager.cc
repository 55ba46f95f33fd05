#include "services/station_agent/runtime/scheduler/manager.h"

#include <cxxabi.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

#include "services/station_agent/runtime/scheduler/descriptor_registry.h"

// Spawning, switching, parking and ending. The loop is in manager_loop.cc.
// What every switch goes through is one piece of code, without calls.
#define UNDERSTUDY_HOT [[gnu::always_inline]] inline

namespace understudy::station_agent::runtime {
namespace {

int RegisterOrDie(Manager* manager) {
  const int number = descriptor_registry::AddManager(manager);
  if (number < 0) {
    std::fprintf(stderr, "coroutine runtime: more than %d threads\n",
                 descriptor_registry::kMaxManagers);
    std::abort();
  }
  return number;
}

// The time in the ready queue, and that of each run, is measured once in so many passes.
constexpr uint64_t kSampling = 16;

char* TopOf(Coroutine::Body* body) { return reinterpret_cast<char*>(body + 1); }

}  // namespace

Manager::Manager(ManagerOptions options, const Clock& clock, EventEngine& engine)
    : options_(std::move(options)),
      clock_(clock),
      engine_(engine),
      number_(RegisterOrDie(this)),
      ready_(options_.max_coroutines),
      pool_(options_.max_coroutines),
      waits_(options_.max_coroutines),
      stacks_(options_.max_coroutines, options_.guard_mode),
      timers_(clock.SteadyNow(), options_.max_coroutines),
      pass_time_(clock.SteadyNow()) {}

Manager::~Manager() {
  Close();
  while (posting_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  descriptor_registry::RemoveManager(number_);
  if (current_manager == this) current_manager = nullptr;
}

Coroutine* Manager::NewCoroutine(const SpawnOptions& options) {
  Coroutine* coroutine = phase_ != Phase::kClosed ? pool_.Take() : nullptr;
  if (coroutine == nullptr) {
    ++refused_;
    return nullptr;
  }
  ++spawned_;
  __atomic_store_n(&coroutine->name, options.name, __ATOMIC_RELEASE);
  coroutine->state = CoroutineState::kReady;
  coroutine->priority = options_.use_priorities ? options.priority : Priority::kNormal;
  coroutine->stack_class = options.stack_class;
  coroutine->has_stack = false;
  coroutine->cancelled = phase_ == Phase::kCancelsAll;
  coroutine->shielded = false;
  coroutine->delay_sampled = false;
  return coroutine;
}

bool Manager::Bind(Coroutine* coroutine) {
  char* top = stacks_.Take(coroutine->stack_class);
  if (top == nullptr) return false;
  trimmed_.store(false, std::memory_order_relaxed);
  auto* body = new (top - sizeof(Coroutine::Body)) Coroutine::Body;
  body->start = coroutine->start;
  body->self = coroutine;
  coroutine->bound.body = body;
  coroutine->has_stack = true;
  const auto below = reinterpret_cast<uintptr_t>(body) & ~uintptr_t{63};
  MakeContext(coroutine->bound.context, reinterpret_cast<void*>(below), &Manager::Root, body);
  if constexpr (kSanitized) {
    char* bottom = StackPool::BottomOf(top, coroutine->stack_class);
    CreateFiber(body->fiber, bottom, static_cast<size_t>(top - bottom));
  }
  return true;
}

UNDERSTUDY_HOT Coroutine* Manager::TakeNext() {
  if (!SpendTurn() || ready_.empty()) return nullptr;
  Coroutine* next = ready_.Pop();
  ready_.PrefetchNormal();
  return next;
}

UNDERSTUDY_HOT void Manager::SwitchAway(Coroutine* self) {
  Coroutine* next = TakeNext();
  if (next == self) return;
  SwitchTo(self, next);
}

// `next` may be null: the loop.
void Manager::SwitchTo(Coroutine* self, Coroutine* next) {
  if (next != nullptr && !IsEasy(next)) [[unlikely]] {
    next = Prepare(next);
  }
  SetRunning(next);
  if (next != nullptr) [[likely]] {
    SwitchFiber(self->bound.context, FiberOf(self), next->bound.context, FiberOf(next), errno_,
                exceptions_, false);
  } else {
    SwitchFiber(self->bound.context, FiberOf(self), loop_context_, loop_fiber_, errno_, exceptions_,
                false);
  }
  AfterSwitch();
}

// Null when it must wait for a stack.
Coroutine* Manager::Prepare(Coroutine* next) {
  if (next->delay_sampled) SampleRunDelay(next);
  if (next->has_stack || Bind(next)) return next;
  ready_.Push(next);
  return nullptr;
}

void Manager::Root(void* argument) {
  auto* body = static_cast<Coroutine::Body*>(argument);
  Manager* manager = current_manager;
  FinishFirstSwitch(manager->loop_fiber_, false);
  manager->AfterSwitch();
  while (true) {
    manager->RunOne(body->start, body->self->name);
    if (current_manager != manager) _exit(0);  // a child process, after fork: its way ends here
    Coroutine* next = manager->Finish(body);
    if (next == nullptr || !manager->CanAdopt(next, body)) manager->LeaveForGood(body, next);
    manager->Adopt(next, body);
  }
}

void Manager::RunOne(const Coroutine::Start& start, const char* name) {
  try {
    start.invoke(start.payload);
  } catch (const std::exception& error) {
    ++uncaught_;
    if (options_.on_uncaught) options_.on_uncaught(name, error.what());
  } catch (...) {
    ++uncaught_;
    if (options_.on_uncaught) options_.on_uncaught(name, "not a std::exception");
  }
}

Coroutine* Manager::Finish(Coroutine::Body* body) {
  Coroutine* self = body->self;
  if (body->joiners != nullptr) WakeJoiners(body);
  ended_name_ = self->name;
  ended_class_ = self->stack_class;
  pool_.Recycle(self);
  return TakeNext();
}

// A fresh coroutine may begin on the stack of the one that ends, which is warm, without a switch.
bool Manager::CanAdopt(const Coroutine* next, const Coroutine::Body*) const {
  return !kSanitized && !next->has_stack && !next->delay_sampled &&
         next->stack_class == ended_class_ && options_.guard_mode == GuardMode::kMarker;
}

void Manager::Adopt(Coroutine* next, Coroutine::Body* body) {
  body->start = next->start;
  body->self = next;
  body->joiners = nullptr;
  next->bound.body = body;
  next->has_stack = true;
  *errno_ = 0;
  ResetFloatingPointControl();
  SetRunning(next);
}

void Manager::LeaveForGood(Coroutine::Body* body, Coroutine* next) {
  if (next != nullptr && !IsEasy(next)) next = Prepare(next);
  SetRunning(next);
  if constexpr (kSanitized) {
    ended_body_ = body;
  } else {
    GiveStackBack(body);  // nobody takes one until this flow has left it
  }
  if (next != nullptr) {
    SwitchFiber(nowhere_, body->fiber, next->bound.context, FiberOf(next), errno_, exceptions_,
                true);
  } else {
    SwitchFiber(nowhere_, body->fiber, loop_context_, loop_fiber_, errno_, exceptions_, true);
  }
  std::abort();  // nobody comes back to a coroutine that ended
}

void Manager::GiveStackBack(Coroutine::Body* body) {
  DestroyFiber(body->fiber);
  if (!stacks_.Return(TopOf(body), ended_class_)) {
    std::fprintf(stderr, "coroutine runtime: '%s' overflowed its stack of %zu KiB\n", ended_name_,
                 StackPool::UsableSize(ended_class_) / 1024);
    std::abort();  // its neighbour is damaged
  }
}

void Manager::EnterFromLoop(Coroutine* next) {
  if (!IsEasy(next) && Prepare(next) == nullptr) return;
  SetRunning(next);
  SwitchFiber(loop_context_, loop_fiber_, next->bound.context, FiberOf(next), errno_, exceptions_,
              false);
  AfterSwitch();
}

void Manager::BeginBudget(int turns) {
  const uint64_t before = switches();
  budget_.store(turns, std::memory_order_relaxed);
  turns_granted_.store(before + static_cast<uint64_t>(turns), std::memory_order_relaxed);
}

void Manager::RunBatch() {
  if (ready_.empty()) return;
  ++passes_;
  if (passes_ % kSampling == 0) {
    if (!sampling_) BeginRunDelaySample();
    RunTimed();
  }
  do {
    BeginBudget(batch_ + 1);
    Coroutine* next = TakeNext();
    if (next != nullptr) EnterFromLoop(next);
  } while (MayGoOn());
}

// Each comes back to the loop, so that the clock can be read in between.
void Manager::RunTimed() {
  for (int i = 0; i < kSmallestBatch && !ready_.empty(); ++i) {
    BeginBudget(2);
    Coroutine* next = TakeNext();
    const char* name = next->name;  // it may have ended when it is asked for
    const SteadyTime begin = clock_.SteadyNow();
    EnterFromLoop(next);
    longest_run_.Keep({name, clock_.SteadyNow() - begin});
  }
}

// Others than normal priorities are about, the loop has its turn, or `next` is not so easy.
void Manager::YieldSlowly(Coroutine* self) {
  MakeReady(self);
  SwitchAway(self);
}

WakeReason Manager::Park(Waiter& waiter, SteadyTime deadline) {
  Coroutine* self = current();
  if (self->cancelled && !self->shielded && waiter.Claim(WakeReason::kCancelled)) {
    Yield();  // a loop that ignores the error must not keep the thread
    return WakeReason::kCancelled;
  }
  const uint32_t index = pool_.IndexOf(self);
  if (!deadline.is_infinite()) timers_.Arm(index, deadline);
  waits_[index] = WaitPlace(&waiter);
  self->state = CoroutineState::kWaiting;
  SwitchAway(self);
  waits_[index] = WaitPlace();
  if (!deadline.is_infinite()) timers_.Cancel(index);
  return waiter.result.load(std::memory_order_relaxed);
}

WakeReason Manager::SleepUntil(SteadyTime deadline, const char* what) {
  Coroutine* self = current();
  if (self->cancelled && !self->shielded) {
    Yield();
    return WakeReason::kCancelled;
  }
  const uint32_t index = pool_.IndexOf(self);
  if (!deadline.is_infinite()) timers_.Arm(index, deadline);
  Sleep sleep{what, pass_time_};
  waits_[index] = WaitPlace(&sleep);
  self->state = CoroutineState::kWaiting;
  SwitchAway(self);
  if (sleep.result != WakeReason::kTimedOut) timers_.Cancel(index);
  return sleep.result;
}

// For a deadline and a cancellation. Of one that sleeps no line of its stack is touched but where
// it was cancelled: that of a timer comes with the switch to it.
void Manager::EndWait(uint32_t index, WakeReason reason) {
  WaitPlace& place = waits_[index];
  if (place.is_sleep()) {
    if (reason != WakeReason::kTimedOut) place.sleeper()->result = reason;
    place = WaitPlace();
    MakeReady(pool_.At(index));
  } else if (Waiter* waiter = place.waiter(); waiter != nullptr && waiter->Claim(reason)) {
    MakeReady(pool_.At(index));
  }
}

bool Manager::Cancel(CoroutineId id) {
  Coroutine* coroutine = pool_.Find(id);
  if (coroutine == nullptr) return false;
  CancelOne(*coroutine);
  return true;
}

void Manager::CancelAll() {
  pool_.ForEach([this](Coroutine& coroutine) { CancelOne(coroutine); });
}

void Manager::CancelOne(Coroutine& coroutine) {
  coroutine.cancelled = true;
  if (coroutine.shielded) return;
  EndWait(pool_.IndexOf(&coroutine), WakeReason::kCancelled);
}

WakeReason Manager::Join(CoroutineId id, SteadyTime deadline) {
  Coroutine* coroutine = pool_.Find(id);
  if (coroutine == nullptr) return WakeReason::kReady;
  if (!coroutine->has_stack && !Bind(coroutine)) return WakeReason::kClosed;
  Coroutine::Body* body = coroutine->bound.body;
  Waiter waiter("join");
  waiter.next = body->joiners;
  body->joiners = &waiter;
  const WakeReason reason = Park(waiter, deadline);
  if (reason == WakeReason::kReady) return reason;
  // It has not ended in between: then it would have claimed this waiter or taken it off its list.
  if (pool_.Find(id) == nullptr) return reason;
  for (Waiter** link = &body->joiners; *link != nullptr; link = &(*link)->next) {
    if (*link == &waiter) {
      *link = waiter.next;
      break;
    }
  }
  return reason;
}

void Manager::WakeJoiners(Coroutine::Body* body) {
  Waiter* waiter = body->joiners;
  while (waiter != nullptr) {
    Waiter* next = waiter->next;
    if (waiter->Claim(WakeReason::kReady)) MakeReady(waiter->coroutine);
    waiter = next;
  }
}

}  // namespace understudy::station_agent::runtime
