#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_FUTURE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_FUTURE_H_

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "services/station_agent/runtime/sync/sync.h"

namespace understudy::station_agent::runtime {

// One value on its way from one flow of control to another: a coroutine, a gRPC callback, any
// thread, in either direction. The Promise is kept by who will know the value, the Future by who
// waits for it; both may be copied.
template <typename T>
class Future {
 public:
  // Waits for the value and copies it. May be called by several, and again after it failed.
  absl::StatusOr<T> Get(SteadyTime deadline = SteadyTime::Infinite()) const {
    State& state = *state_;
    Waiter waiter("future");
    {
      const SpinGuard guard(state.spin);
      if (state.value.has_value()) return *state.value;
      state.waiters.PushBack(waiter);
    }
    const WakeReason reason = waiter.Wait(deadline);
    const SpinGuard guard(state.spin);
    state.waiters.Remove(waiter);
    if (state.value.has_value()) return *state.value;
    return StatusOf(reason, "future");
  }
  bool ready() const {
    const SpinGuard guard(state_->spin);
    return state_->value.has_value();
  }

 private:
  template <typename U>
  friend class Promise;

  struct State {
    SpinLock spin;
    std::optional<absl::StatusOr<T>> value;
    WaitList waiters;
  };

  explicit Future(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

template <typename T>
class Promise {
 public:
  Promise() : state_(std::make_shared<typename Future<T>::State>()) {}

  Future<T> future() const { return Future<T>(state_); }
  // The first value counts, later ones are dropped. Never waits.
  void Set(absl::StatusOr<T> value) const {
    const auto state = state_;  // whoever is woken may drop the last other reference
    {
      const SpinGuard guard(state->spin);
      if (state->value.has_value()) return;
      state->value.emplace(std::move(value));
    }
    while (true) {
      Waiter* waiter = nullptr;
      {
        const SpinGuard guard(state->spin);
        waiter = state->waiters.ClaimFirst(WakeReason::kReady);
      }
      if (waiter == nullptr) return;
      waiter->Notify();
    }
  }

 private:
  std::shared_ptr<typename Future<T>::State> state_;
};

// For a Future of nothing but the fact.
struct Done {};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_FUTURE_H_
