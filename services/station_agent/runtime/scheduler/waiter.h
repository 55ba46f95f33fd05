#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_WAITER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_WAITER_H_

#include <atomic>
#include <cstdint>

#include "common/time/steady_time.h"
#include "services/station_agent/runtime/scheduler/inbox.h"

namespace understudy::station_agent::runtime {

struct Coroutine;
class Manager;
class ThreadParker;

enum class WakeReason : uint8_t {
  kPending,    // still waiting
  kReady,      // what was waited for is there
  kTimedOut,   // the deadline passed
  kCancelled,  // the coroutine was cancelled
  kClosed,     // what was waited on is gone (a descriptor, a channel, a gate)
};

// One wait of one coroutine or ordinary thread; lies on its stack. Several may try to end the wait
// (what is waited for, the deadline, a cancellation); exactly one of them claims it.
struct Waiter {
  explicit Waiter(const char* waits_for, int descriptor_or_minus_1 = -1);
  // One that only the coroutine's own thread ends, from there.
  Waiter(Manager& here, Coroutine* running, SteadyTime now, const char* waits_for,
         int descriptor_or_minus_1)
      : manager(&here),
        coroutine(running),
        parker(nullptr),
        what(waits_for),
        descriptor(descriptor_or_minus_1),
        since(now) {}

  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // True for the one who may call Notify, and must.
  bool Claim(WakeReason reason) {
    WakeReason expected = WakeReason::kPending;
    return result.compare_exchange_strong(expected, reason, std::memory_order_acq_rel,
                                          std::memory_order_relaxed);
  }
  // The same, for those that only the coroutine's own thread ends.
  bool ClaimHere(WakeReason reason) {
    if (result.load(std::memory_order_relaxed) != WakeReason::kPending) return false;
    result.store(reason, std::memory_order_relaxed);
    return true;
  }
  // Lets the claimed waiter go on. The waiter may be gone when this returns.
  void Notify();
  // Blocks until notified or `deadline`. Coroutines let others run, threads sleep.
  WakeReason Wait(SteadyTime deadline);

  std::atomic<WakeReason> result{WakeReason::kPending};
  Manager* manager;  // of the coroutine; null for an ordinary thread
  Coroutine* coroutine;
  ThreadParker* parker;  // of the ordinary thread
  // Links of the list that it waits in, under the lock of whoever owns the list.
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
  bool listed = false;
  InboxNode node;
  void* data = nullptr;  // for whoever notifies
  // What a dump shows.
  const char* what;
  int descriptor;
  SteadyTime since;
};

// A wait that only its deadline or a cancellation ends. Both come from the coroutine's own thread,
// so that nobody has to claim it: who ends it takes it out of the manager's table.
struct Sleep {
  const char* what;
  SteadyTime since;
  WakeReason result = WakeReason::kTimedOut;
};

// What a coroutine waits in, or nothing (zeros). One word, for a dense table.
class WaitPlace {
 public:
  WaitPlace() = default;
  explicit WaitPlace(Waiter* waiter) : word_(reinterpret_cast<uintptr_t>(waiter)) {}
  explicit WaitPlace(Sleep* sleep) : word_(reinterpret_cast<uintptr_t>(sleep) | kIsSleep) {}

  Waiter* waiter() const {
    return (word_ & kIsSleep) == 0 ? reinterpret_cast<Waiter*>(word_) : nullptr;
  }
  Sleep* sleeper() const {
    return (word_ & kIsSleep) != 0 ? reinterpret_cast<Sleep*>(word_ & ~kIsSleep) : nullptr;
  }
  bool is_sleep() const { return (word_ & kIsSleep) != 0; }

 private:
  static constexpr uintptr_t kIsSleep = 1;
  static_assert(alignof(Waiter) > kIsSleep && alignof(Sleep) > kIsSleep);

  uintptr_t word_;
};

// Who waits, first come first served. Guarded by its owner's lock.
class WaitList {
 public:
  bool empty() const { return head_ == nullptr; }

  void PushBack(Waiter& waiter) {
    waiter.listed = true;
    waiter.next = nullptr;
    waiter.previous = tail_;
    (tail_ != nullptr ? tail_->next : head_) = &waiter;
    tail_ = &waiter;
  }
  // Does nothing when it is not in a list.
  void Remove(Waiter& waiter) {
    if (!waiter.listed) return;
    waiter.listed = false;
    (waiter.previous != nullptr ? waiter.previous->next : head_) = waiter.next;
    (waiter.next != nullptr ? waiter.next->previous : tail_) = waiter.previous;
  }
  // Takes the first that could be claimed for `reason`; null when nobody waits any more. The caller
  // calls Notify on it, best after it let go of its lock.
  Waiter* ClaimFirst(WakeReason reason) {
    while (head_ != nullptr) {
      Waiter* waiter = head_;
      Remove(*waiter);
      if (waiter->Claim(reason)) return waiter;
    }
    return nullptr;
  }

 private:
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_WAITER_H_
