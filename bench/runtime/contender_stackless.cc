// C++20 coroutines: no stack, so no library's blocking call can run in them; for comparison.

#include <coroutine>
#include <deque>
#include <exception>
#include <vector>

#include "bench/runtime/contenders.h"
#include "bench/runtime/measure.h"

namespace understudy::bench {
namespace {

std::deque<std::coroutine_handle<>> ready;
uint64_t ran = 0;

struct Task {
  struct promise_type {
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

struct Turn {
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> handle) { ready.push_back(handle); }
  void await_resume() {}
};

void Run() {
  while (!ready.empty()) {
    const auto handle = ready.front();
    ready.pop_front();
    handle.resume();
  }
}

Task Count() {
  ++ran;
  co_return;
}

double Create(int count) {
  const double start = ThreadCpuNanoseconds();
  for (int i = 0; i < count; ++i) ready.push_back(Count().handle);
  const double result = (ThreadCpuNanoseconds() - start) / count;
  Run();
  return result;
}

double Life(int count) {
  double result = 0;
  for (int round = 0; round < 2; ++round) {
    const double start = ThreadCpuNanoseconds();
    for (int i = 0; i < count; ++i) {
      ready.push_back(Count().handle);
      if (i % 100 == 99) Run();
    }
    result = (ThreadCpuNanoseconds() - start) / count;
  }
  return result;
}

struct Turns {
  double start = 0;
  double result = 0;
  int rounds = 0;
  int flows = 0;
  int waiting = 0;
};

Task TakeTurns(Turns& turns) {
  co_await Turn{};
  if (turns.start == 0) turns.start = ThreadCpuNanoseconds();
  for (int k = 0; k < turns.rounds; ++k) co_await Turn{};
  if (--turns.waiting == 0) {
    turns.result =
        (ThreadCpuNanoseconds() - turns.start) / (static_cast<double>(turns.rounds) * turns.flows);
  }
}

double Change(int flows, int switches) {
  Turns turns{0, 0, switches / flows, flows, flows};
  for (int i = 0; i < flows; ++i) ready.push_back(TakeTurns(turns).handle);
  Run();
  return turns.result;
}

Task Park() { co_await std::suspend_always{}; }

double Memory(int count) {
  std::vector<std::coroutine_handle<Task::promise_type>> all;
  all.reserve(static_cast<size_t>(count));
  const double before = MemoryInUse();
  for (int i = 0; i < count; ++i) {
    all.push_back(Park().handle);
    all.back().resume();
  }
  const double result = (MemoryInUse() - before) / count;
  for (const auto& handle : all) handle.destroy();
  return result;
}

}  // namespace

Contender Stackless() { return {"C++20 stackless", Create, Life, Change, Memory, {}, {}}; }

}  // namespace understudy::bench
