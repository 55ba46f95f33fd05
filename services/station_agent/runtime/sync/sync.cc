#include "services/station_agent/runtime/sync/sync.h"

#include <optional>
#include <string>

#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime {
namespace {

// Waits in a list that `spin` guards, and leaves it however the wait ends.
WakeReason WaitIn(WaitList& list, SpinLock& spin, Waiter& waiter, SteadyTime deadline) {
  const WakeReason reason = waiter.Wait(deadline);
  if (reason != WakeReason::kReady) {
    const SpinGuard guard(spin);
    list.Remove(waiter);
  }
  return reason;
}

void NotifyEverybody(WaitList& list, SpinLock& spin) {
  while (true) {
    Waiter* waiter = nullptr;
    {
      const SpinGuard guard(spin);
      waiter = list.ClaimFirst(WakeReason::kReady);
    }
    if (waiter == nullptr) return;
    waiter->Notify();
  }
}

}  // namespace

absl::Status StatusOf(WakeReason reason, const char* what) {
  switch (reason) {
    case WakeReason::kPending:
    case WakeReason::kReady:
      return absl::OkStatus();
    case WakeReason::kTimedOut:
      return absl::DeadlineExceededError(std::string(what) + ": the deadline passed");
    case WakeReason::kCancelled:
      return absl::CancelledError(std::string(what) + ": the coroutine was cancelled");
    case WakeReason::kClosed:
      return absl::UnavailableError(std::string(what) + ": closed");
  }
  return absl::InternalError(what);
}

void Mutex::Lock() {
  spin_.Lock();
  if (!locked_) {
    locked_ = true;
    spin_.Unlock();
    return;
  }
  Waiter waiter("mutex");
  waiters_.PushBack(waiter);
  spin_.Unlock();
  std::optional<CancellationShield> shield;
  if (waiter.coroutine != nullptr) shield.emplace();
  waiter.Wait(SteadyTime::Infinite());
}

bool Mutex::TryLock() {
  const SpinGuard guard(spin_);
  if (locked_) return false;
  locked_ = true;
  return true;
}

void Mutex::Unlock() {
  Waiter* next = nullptr;
  {
    const SpinGuard guard(spin_);
    next = waiters_.ClaimFirst(WakeReason::kReady);
    if (next == nullptr) locked_ = false;
  }
  if (next != nullptr) next->Notify();
}

absl::Status ConditionVariable::Wait(Mutex& mutex, SteadyTime deadline) {
  Waiter waiter("condition");
  {
    const SpinGuard guard(spin_);
    waiters_.PushBack(waiter);
  }
  mutex.Unlock();
  const WakeReason reason = WaitIn(waiters_, spin_, waiter, deadline);
  mutex.Lock();
  return StatusOf(reason, "condition");
}

void ConditionVariable::NotifyOne() {
  Waiter* waiter = nullptr;
  {
    const SpinGuard guard(spin_);
    waiter = waiters_.ClaimFirst(WakeReason::kReady);
  }
  if (waiter != nullptr) waiter->Notify();
}

void ConditionVariable::NotifyAll() { NotifyEverybody(waiters_, spin_); }

absl::Status Semaphore::Acquire(SteadyTime deadline) {
  spin_.Lock();
  if (count_ > 0) {
    --count_;
    spin_.Unlock();
    return absl::OkStatus();
  }
  Waiter waiter("semaphore");
  waiters_.PushBack(waiter);
  spin_.Unlock();
  return StatusOf(WaitIn(waiters_, spin_, waiter, deadline), "semaphore");
}

bool Semaphore::TryAcquire() {
  const SpinGuard guard(spin_);
  if (count_ <= 0) return false;
  --count_;
  return true;
}

void Semaphore::Release() {
  Waiter* waiter = nullptr;
  {
    const SpinGuard guard(spin_);
    waiter = waiters_.ClaimFirst(WakeReason::kReady);
    if (waiter == nullptr) ++count_;
  }
  if (waiter != nullptr) waiter->Notify();
}

void WaitGroup::Add(int64_t count) {
  const SpinGuard guard(spin_);
  count_ += count;
}

void WaitGroup::Done() {
  // The group may be gone as soon as the last waiter runs: nothing of it is touched after the last
  // waiter was notified, and with none waiting nothing after the lock.
  while (true) {
    Waiter* waiter = nullptr;
    bool more = false;
    {
      const SpinGuard guard(spin_);
      if (count_ > 0 && --count_ > 0) return;
      waiter = waiters_.ClaimFirst(WakeReason::kReady);
      more = !waiters_.empty();
    }
    if (waiter != nullptr) waiter->Notify();
    if (!more) return;
  }
}

absl::Status WaitGroup::Wait(SteadyTime deadline) {
  spin_.Lock();
  if (count_ <= 0) {
    spin_.Unlock();
    return absl::OkStatus();
  }
  Waiter waiter("wait group");
  waiters_.PushBack(waiter);
  spin_.Unlock();
  return StatusOf(WaitIn(waiters_, spin_, waiter, deadline), "wait group");
}

bool Gate::Enter() {
  const SpinGuard guard(spin_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void Gate::Leave() {
  bool last = false;
  {
    const SpinGuard guard(spin_);
    last = --inside_ == 0 && closed_;
  }
  if (last) NotifyEverybody(waiters_, spin_);
}

absl::Status Gate::Close(SteadyTime deadline) {
  spin_.Lock();
  closed_ = true;
  if (inside_ == 0) {
    spin_.Unlock();
    return absl::OkStatus();
  }
  Waiter waiter("gate");
  waiters_.PushBack(waiter);
  spin_.Unlock();
  return StatusOf(WaitIn(waiters_, spin_, waiter, deadline), "gate");
}

bool Gate::closed() {
  const SpinGuard guard(spin_);
  return closed_;
}

}  // namespace understudy::station_agent::runtime
