#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_CHANNEL_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_CHANNEL_H_

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/status/statusor.h"
#include "services/station_agent/runtime/sync/sync.h"

namespace understudy::station_agent::runtime {

// A bounded queue between coroutines and threads, any number of either. See sync.h for the ends of
// a wait.
template <typename T>
class Channel {
 public:
  // At least one place.
  explicit Channel(size_t capacity) : capacity_(std::max<size_t>(1, capacity)) {}

  // Waits while it is full. UNAVAILABLE once it is closed.
  absl::Status Send(T value, SteadyTime deadline = SteadyTime::Infinite()) {
    while (true) {
      Waiter waiter("channel to send");
      Waiter* receiver = nullptr;
      {
        const SpinGuard guard(spin_);
        if (closed_) return StatusOf(WakeReason::kClosed, "channel");
        if (values_.size() < capacity_) {
          values_.push_back(std::move(value));
          receiver = receivers_.ClaimFirst(WakeReason::kReady);
          if (receiver == nullptr) return absl::OkStatus();
        } else {
          senders_.PushBack(waiter);
        }
      }
      if (receiver != nullptr) {
        receiver->Notify();
        return absl::OkStatus();
      }
      const WakeReason reason = WaitIn(senders_, waiter, deadline);
      if (reason != WakeReason::kReady && reason != WakeReason::kClosed) {
        return StatusOf(reason, "channel to send");
      }
    }
  }

  // False when it is full or closed.
  bool TrySend(T value) {
    Waiter* receiver = nullptr;
    {
      const SpinGuard guard(spin_);
      if (closed_ || values_.size() >= capacity_) return false;
      values_.push_back(std::move(value));
      receiver = receivers_.ClaimFirst(WakeReason::kReady);
    }
    if (receiver != nullptr) receiver->Notify();
    return true;
  }

  // Waits while it is empty. UNAVAILABLE once it is closed and empty.
  absl::StatusOr<T> Receive(SteadyTime deadline = SteadyTime::Infinite()) {
    while (true) {
      Waiter waiter("channel to receive");
      {
        spin_.Lock();
        if (!values_.empty()) return TakeLocked();
        if (closed_) {
          spin_.Unlock();
          return StatusOf(WakeReason::kClosed, "channel");
        }
        receivers_.PushBack(waiter);
        spin_.Unlock();
      }
      const WakeReason reason = WaitIn(receivers_, waiter, deadline);
      if (reason != WakeReason::kReady && reason != WakeReason::kClosed) {
        return StatusOf(reason, "channel to receive");
      }
    }
  }

  // Senders fail from now on; receivers get what is there and then fail.
  void Close() {
    {
      const SpinGuard guard(spin_);
      closed_ = true;
    }
    WakeAll(senders_);
    WakeAll(receivers_);
  }

  size_t size() {
    const SpinGuard guard(spin_);
    return values_.size();
  }

 private:
  T TakeLocked() {
    T value = std::move(values_.front());
    values_.pop_front();
    Waiter* sender = senders_.ClaimFirst(WakeReason::kReady);
    spin_.Unlock();
    if (sender != nullptr) sender->Notify();
    return value;
  }

  WakeReason WaitIn(WaitList& list, Waiter& waiter, SteadyTime deadline) {
    const WakeReason reason = waiter.Wait(deadline);
    const SpinGuard guard(spin_);
    list.Remove(waiter);
    return reason;
  }

  void WakeAll(WaitList& list) {
    while (true) {
      Waiter* waiter = nullptr;
      {
        const SpinGuard guard(spin_);
        waiter = list.ClaimFirst(WakeReason::kClosed);
      }
      if (waiter == nullptr) return;
      waiter->Notify();
    }
  }

  const size_t capacity_;
  SpinLock spin_;
  std::deque<T> values_;
  bool closed_ = false;
  WaitList senders_;
  WaitList receivers_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_CHANNEL_H_
