#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_SYNC_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_SYNC_H_

#include <cstdint>

#include "absl/status/status.h"
#include "common/time/steady_time.h"
#include "services/station_agent/runtime/scheduler/waiter.h"
#include "services/station_agent/runtime/sync/spin_lock.h"

// What coroutines and ordinary threads wait for one another with. Any of them may be used from any
// thread, by coroutines of different managers and by threads without one, mixed. Waiters are served
// in order of arrival. A wait ends with
//   OK                 what was waited for is there
//   DEADLINE_EXCEEDED  the deadline passed first
//   CANCELLED          the coroutine was cancelled
//   UNAVAILABLE        closed
namespace understudy::station_agent::runtime {

absl::Status StatusOf(WakeReason reason, const char* what);

// Mutual exclusion across waits. Waiting for it is not cancelled.
class Mutex {
 public:
  void Lock();
  bool TryLock();
  // By whoever locked it. The longest waiting owns it next.
  void Unlock();

 private:
  SpinLock spin_;
  bool locked_ = false;
  WaitList waiters_;
};

class MutexGuard {
 public:
  explicit MutexGuard(Mutex& mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexGuard() { mutex_.Unlock(); }

  MutexGuard(const MutexGuard&) = delete;
  MutexGuard& operator=(const MutexGuard&) = delete;

 private:
  Mutex& mutex_;
};

class ConditionVariable {
 public:
  // Lets go of `mutex` while it waits. There are no spurious wakes, but the condition may no longer
  // hold when the mutex is locked again.
  absl::Status Wait(Mutex& mutex, SteadyTime deadline = SteadyTime::Infinite());
  void NotifyOne();
  void NotifyAll();

 private:
  SpinLock spin_;
  WaitList waiters_;
};

class Semaphore {
 public:
  explicit Semaphore(int64_t count) : count_(count) {}

  absl::Status Acquire(SteadyTime deadline = SteadyTime::Infinite());
  bool TryAcquire();
  void Release();

 private:
  SpinLock spin_;
  int64_t count_;
  WaitList waiters_;
};

// Waits for a number of things to be done.
class WaitGroup {
 public:
  void Add(int64_t count);
  void Done();
  // Until as many are done as were added.
  absl::Status Wait(SteadyTime deadline = SteadyTime::Infinite());

 private:
  SpinLock spin_;
  int64_t count_ = 0;
  WaitList waiters_;
};

// Orderly shutdown: who works enters and leaves; closing refuses new ones and waits for the rest.
class Gate {
 public:
  // False when it is closed; then Leave must not be called.
  bool Enter();
  void Leave();
  // May be called by several; all wait until everyone has left.
  absl::Status Close(SteadyTime deadline = SteadyTime::Infinite());
  bool closed();

 private:
  SpinLock spin_;
  int64_t inside_ = 0;
  bool closed_ = false;
  WaitList waiters_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_SYNC_H_
