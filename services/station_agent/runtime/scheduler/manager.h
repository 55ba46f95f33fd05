#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_MANAGER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_MANAGER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "common/time/clock.h"
#include "services/station_agent/runtime/coroutine/coroutine_pool.h"
#include "services/station_agent/runtime/coroutine/reserved_array.h"
#include "services/station_agent/runtime/coroutine/stack_pool.h"
#include "services/station_agent/runtime/scheduler/descriptor_registry.h"
#include "services/station_agent/runtime/scheduler/descriptor_table.h"
#include "services/station_agent/runtime/scheduler/event_engine.h"
#include "services/station_agent/runtime/scheduler/inbox.h"
#include "services/station_agent/runtime/scheduler/manager_stats.h"
#include "services/station_agent/runtime/scheduler/ready_queue.h"
#include "services/station_agent/runtime/scheduler/timer_wheel.h"
#include "services/station_agent/runtime/scheduler/waiter.h"

namespace understudy::station_agent::runtime {

struct SpawnOptions {
  // Must live for ever: a literal, or what InternName returned.
  const char* name = "coroutine";
  Priority priority = Priority::kNormal;
  StackClass stack_class = StackClass::kStandard;
};

// A copy of `name` that lives for ever, the same one for the same name. After 65,536 different
// names all further ones become "(too many names)".
const char* InternName(const std::string& name);

struct ManagerOptions {
  // Coroutines alive at once, the parked ones included. 32 bytes of address space each.
  uint32_t max_coroutines = 131'072;
  // False: one queue for all, whatever their priority.
  bool use_priorities = true;
  GuardMode guard_mode = BestGuardMode();
  // Free stacks of each class that keep their memory at a Trim.
  size_t keep_stacks = 64;
  // Told of exceptions that left a coroutine. Called on the coroutine's stack; must not throw.
  std::function<void(const char* name, const char* what)> on_uncaught;
};

// Runs the coroutines of one kernel thread: those that are ready in turn, woken by timers,
// descriptors, one another and other threads. Not thread-safe but where noted.
class Manager {
 public:
  // Belongs to the thread that makes it until another one calls Run. `clock` and `engine` must
  // outlive it.
  Manager(ManagerOptions options, const Clock& clock, EventEngine& engine);
  // Coroutines that still live are dropped without unwinding their stacks: see Shutdown.
  ~Manager();

  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // That of the calling thread, or null.
  static Manager* Current() {
#if defined(__x86_64__)
    // A compiler keeps the variable's offset in a register, which a switch then restores from the
    // stack: all that the next switch does would wait for that load. So it is named anew each time.
    Manager* manager;
    asm volatile("movq understudy_current_manager@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0"
                 : "=r"(manager));
    return manager;
#else
    return current_manager;
#endif
  }
  // The coroutine that runs, or null between them.
  Coroutine* current() const { return running_.load(std::memory_order_relaxed); }

  // ---- On the manager's thread.

  // Makes a coroutine that runs `function()` when its turn comes. 0 when max_coroutines live.
  template <typename Function>
  CoroutineId Spawn(Function&& function, const SpawnOptions& options = {});

  // Runs coroutines until none lives. Binds the manager to the calling thread.
  void RunUntilDone();
  // Runs coroutines until Stop was called; cancels them then, and goes on until none lives or
  // `patience` is over.
  void Run(absl::Duration patience = absl::InfiniteDuration());
  // Cancels all coroutines and runs for at most `patience`. Returns how many would not end.
  // Those that are spawned meanwhile are cancelled from their birth.
  uint32_t Shutdown(absl::Duration patience);
  // Ends the manager's work for good: Post and Spawn refuse from now on. What other threads had
  // posted is still done. Whatever thread sees a Post refused may read stats and List.
  void Close();

  // ---- In a coroutine.

  // Lets the others have their turn.
  void Yield() {
    Coroutine* self = current();
    const int left = budget_.load(std::memory_order_relaxed) - 1;
    Coroutine* next = ready_.PeekNormal();  // anything, or null, when nobody is ready
    if (left <= 0 || !ready_.OnlyNormal(self) || !IsEasy(next)) [[unlikely]] {
      YieldSlowly(self);
      return;
    }
    ready_.RotateNormal(self);
    budget_.store(left, std::memory_order_relaxed);
    ready_.PrefetchNormal();
    SetRunning(next);
    SwitchFiber(self->bound.context, FiberOf(self), next->bound.context, FiberOf(next), errno_,
                exceptions_, false);
    AfterSwitch();
  }
  // Until `waiter` is notified, `deadline` passes, or the coroutine is cancelled.
  WakeReason Park(Waiter& waiter, SteadyTime deadline);
  // Returns kTimedOut, or kCancelled.
  WakeReason SleepUntil(SteadyTime deadline, const char* what = "sleep");

  // ---- On the manager's thread.

  // Asks a coroutine to end: its present wait and all that follow fail with kCancelled. False when
  // it has ended.
  bool Cancel(CoroutineId id);
  void CancelAll();
  // Until it ends; at once when it has. A coroutine calls this, and not for itself.
  WakeReason Join(CoroutineId id, SteadyTime deadline);
  bool IsAlive(CoroutineId id) { return pool_.Find(id) != nullptr; }
  CoroutineId current_id() const { return current() ? pool_.IdOf(current()) : 0; }
  void MakeReady(Coroutine* coroutine) {
    coroutine->state = CoroutineState::kReady;
    ready_.Push(coroutine);
  }
  // errno of this thread, without a call to find it.
  int& error() const { return *errno_; }
  SteadyTime now() const { return clock_.SteadyNow(); }
  // As of the present pass of the loop: no clock is read.
  SteadyTime pass_time() const { return pass_time_; }

  // What is known of `descriptor`; it is forgotten when the number was closed meanwhile.
  DescriptorEntry& Descriptor(int descriptor) {
    DescriptorEntry& entry = descriptors_.At(descriptor);
    const uint32_t generation = descriptor_registry::GenerationOf(descriptor);
    if (entry.generation != generation) [[unlikely]] {
      entry.Reset(generation);
    }
    return entry;
  }
  // 0, EPERM (it never has to be waited for), or another errno.
  int Watch(int descriptor, DescriptorEntry& entry) {
    return entry.watched ? 0 : BeginWatch(descriptor, entry);
  }
  // Waits for some of `events` (EPOLLIN, EPOLLOUT, EPOLLPRI), an error or a hang-up.
  WakeReason WaitFor(int descriptor, DescriptorEntry& entry, uint32_t events, SteadyTime deadline,
                     const char* what) {
    Waiter waiter(*this, current(), pass_time_, what, descriptor);
    DescriptorWait wait{&waiter, events, entry.generation};
    entry.Link(wait);
    const WakeReason reason = Park(waiter, deadline);
    entry.Unlink(wait);
    return reason;
  }
  void DescriptorClosed(int descriptor);
  // Of a run that somebody else measured.
  void NoteRun(const NamedRun& run) { longest_run_.Keep(run); }
  // Gives free stacks' memory and unused capacity back, for idle times.
  void Trim();

  // ---- Any thread.

  // False when the manager is closed: `node` will not be run, nor `task`.
  bool Post(InboxNode* node);
  // Runs `task` on the manager's thread, outside of any coroutine; it must not wait.
  bool Post(absl::AnyInvocable<void() &&> task);
  void Stop();
  void DescriptorClosedElsewhere(int descriptor);
  // What a watchdog looks at.
  RunSample Sample() const;
  // Coroutines alive, as of a moment ago.
  uint32_t load() const { return load_.load(std::memory_order_relaxed); }
  int number() const { return number_; }

  // ---- Observation, on the manager's thread.

  ManagerStats stats() const;
  // The first `limit` that live.
  std::vector<CoroutineReport> List(size_t limit);
  // One line for each coroutine: id, name, state, what it waits for and how long.
  std::string Dump();
  void CountHook(HookFamily family) { ++hook_counts_[static_cast<size_t>(family)]; }

 private:
  friend class CancellationShield;

  static inline constinit thread_local Manager* current_manager asm("understudy_current_manager")
      __attribute__((tls_model("initial-exec"))) = nullptr;
  enum class Phase : uint8_t { kOpen, kCancelsAll, kClosed };
  static constexpr int kSmallestBatch = 16;
  static constexpr int kLargestBatch = 1024;

  Coroutine* NewCoroutine(const SpawnOptions& options);
  static void Root(void* argument);
  void RunOne(const Coroutine::Start& start, const char* name);
  // Ends the coroutine that runs. Returns the next one when it can begin on the same stack.
  Coroutine* Finish(Coroutine::Body* body);
  bool CanAdopt(const Coroutine* next, const Coroutine::Body* body) const;
  void Adopt(Coroutine* next, Coroutine::Body* body);
  [[noreturn]] void LeaveForGood(Coroutine::Body* body, Coroutine* next);
  bool Bind(Coroutine* coroutine);
  // Switches from the running coroutine to the next one, or to the loop.
  void SwitchAway(Coroutine* self);
  void SwitchTo(Coroutine* self, Coroutine* next);
  Coroutine* TakeNext();
  // Has a stack, and nothing about it is being measured.
  static bool IsEasy(const Coroutine* next) {
    return (static_cast<int>(next->has_stack) & static_cast<int>(!next->delay_sampled)) != 0;
  }
  // Only sanitizers need it; the stack is not touched without them.
  static SanitizerFiber& FiberOf(Coroutine* coroutine) { return coroutine->bound.body->fiber; }
  Coroutine* Prepare(Coroutine* next);
  // The stack of one that ended cannot be handed back to a sanitizer by itself.
  void AfterSwitch() {
    if constexpr (kSanitized) {
      Coroutine::Body* ended = std::exchange(ended_body_, nullptr);
      if (ended != nullptr) GiveStackBack(ended);
    }
  }
  void GiveStackBack(Coroutine::Body* body);
  void YieldSlowly(Coroutine* self);
  void EnterFromLoop(Coroutine* next);
  void SetRunning(Coroutine* coroutine) { running_.store(coroutine, std::memory_order_relaxed); }
  bool SpendTurn() {
    const int left = budget_.load(std::memory_order_relaxed) - 1;
    budget_.store(left, std::memory_order_relaxed);
    return left > 0;
  }
  void BeginBudget(int turns);
  CoroutineState StateOf(const Coroutine& coroutine) const {
    return &coroutine == current() ? CoroutineState::kRunning : coroutine.state;
  }
  uint64_t switches() const {
    return turns_granted_.load(std::memory_order_relaxed) -
           static_cast<uint64_t>(budget_.load(std::memory_order_relaxed));
  }
  void CancelOne(Coroutine& coroutine);
  void EndWait(uint32_t index, WakeReason reason);
  // Where one that waits, and so has a stack, left off.
  const char* StackOf(uint32_t index) const {
    return static_cast<const char*>(pool_.At(index)->bound.context.stack_pointer);
  }
  void WakeJoiners(Coroutine::Body* body);

  void BindToThread();
  template <typename Done>
  void Loop(Done done);
  void DrainInbox();
  void FireTimers();
  void WaitForEvents(SteadyTime latest_wake);
  absl::Duration TimeToWait(SteadyTime latest_wake);
  [[gnu::cold]] int BeginWatch(int descriptor, DescriptorEntry& entry);
  void HandleEvent(const DescriptorEvent& event);
  void WakeStaleWaits(int descriptor);
  void RunBatch();
  bool MayGoOn();
  void RunTimed();
  void BeginRunDelaySample();
  void SampleRunDelay(Coroutine* coroutine);
  void AbandonAfterFork();

  const ManagerOptions options_;
  const Clock& clock_;
  EventEngine& engine_;
  const int number_;

  // Hot.
  std::atomic<Coroutine*> running_{nullptr};
  std::atomic<int> budget_{0};  // turns until the loop's own
  int* errno_ = nullptr;
  ExceptionState* exceptions_ = nullptr;
  Context loop_context_;
  Context nowhere_;  // where one that ended is left
  ReadyQueue ready_;
  CoroutinePool pool_;
  // What each coroutine waits in, by its index: dense, because those who wake it would otherwise
  // fetch one more line of its stack.
  ReservedArray<WaitPlace> waits_;
  // A coroutine that ended. Its stack is kept from a sanitizer until somebody else runs.
  Coroutine::Body* ended_body_ = nullptr;
  const char* ended_name_ = nullptr;
  StackClass ended_class_ = StackClass::kStandard;

  // All turns ever granted to batches: switches made so far are these without what is left.
  std::atomic<uint64_t> turns_granted_{0};
  int batch_ = kSmallestBatch;
  StackPool stacks_;
  TimerWheel timers_;
  DescriptorTable descriptors_;
  SanitizerFiber loop_fiber_;
  SteadyTime pass_time_;
  bool more_due_ = false;  // timers, perhaps, as of the pass
  std::array<DescriptorEvent, 256> events_;

  std::atomic<bool> asleep_{false};
  Inbox inbox_;
  std::atomic<int> posting_{0};  // threads in Post
  std::atomic<bool> stopping_{false};
  Phase phase_ = Phase::kOpen;
  std::atomic<uint32_t> load_{0};
  std::atomic<int> thread_id_{0};

  // Observation.
  std::atomic<bool> trimmed_{true};
  SteadyTime sampled_at_;
  bool sampling_ = false;
  uint64_t passes_ = 0;
  uint64_t wakes_ = 0;
  std::atomic<uint64_t> bells_{0};
  uint64_t spawned_ = 0;
  uint64_t refused_ = 0;
  uint64_t uncaught_ = 0;
  uint64_t timers_fired_ = 0;
  RunDelay run_delay_;
  NamedRun longest_run_;
  std::array<uint64_t, kHookFamilies> hook_counts_{};
};

// While it lives, the coroutine that made it is not disturbed by a cancellation; it takes effect at
// the first wait after it. For clean-up that must wait.
class CancellationShield {
 public:
  CancellationShield() : coroutine_(Manager::Current()->current()) {
    before_ = coroutine_->shielded;
    coroutine_->shielded = true;
  }
  ~CancellationShield() { coroutine_->shielded = before_; }

  CancellationShield(const CancellationShield&) = delete;
  CancellationShield& operator=(const CancellationShield&) = delete;

 private:
  Coroutine* coroutine_;
  bool before_;
};

template <typename Function>
CoroutineId Manager::Spawn(Function&& function, const SpawnOptions& options) {
  using F = std::decay_t<Function>;
  Coroutine* coroutine = NewCoroutine(options);
  if (coroutine == nullptr) return 0;
  if constexpr (sizeof(F) <= sizeof(uint64_t) && std::is_trivially_copyable_v<F> &&
                std::is_trivially_destructible_v<F>) {
    coroutine->start.invoke = [](uint64_t payload) {
      alignas(F) char storage[sizeof(F)];
      std::memcpy(storage, &payload, sizeof(F));
      (*reinterpret_cast<F*>(storage))();
    };
    uint64_t payload = 0;
    std::memcpy(&payload, static_cast<const void*>(std::addressof(function)), sizeof(F));
    coroutine->start.payload = payload;
  } else {
    coroutine->start.invoke = [](uint64_t payload) {
      const std::unique_ptr<F> owned(reinterpret_cast<F*>(payload));
      (*owned)();
    };
    coroutine->start.payload = reinterpret_cast<uint64_t>(new F(std::forward<Function>(function)));
  }
  ready_.Push(coroutine);
  return pool_.IdOf(coroutine);
}

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_MANAGER_H_
