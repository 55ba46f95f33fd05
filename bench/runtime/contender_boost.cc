#include <boost/coroutine2/all.hpp>
#include <boost/fiber/all.hpp>
#include <memory>
#include <vector>

#include "bench/runtime/contenders.h"
#include "bench/runtime/measure.h"

namespace understudy::bench {
namespace {

namespace fibers = boost::fibers;
using Coroutine = boost::coroutines2::coroutine<void>;
using Pool = boost::context::pooled_fixedsize_stack;

constexpr size_t kStack = 64 * 1024;
uint64_t ran = 0;

double CreateFibers(int count) {
  Pool stacks(kStack);
  std::vector<fibers::fiber> all;
  all.reserve(static_cast<size_t>(count));
  const double start = ThreadCpuNanoseconds();
  for (int i = 0; i < count; ++i) {
    all.emplace_back(fibers::launch::post, std::allocator_arg, stacks, [] { ++ran; });
  }
  const double result = (ThreadCpuNanoseconds() - start) / count;
  for (auto& one : all) one.join();
  return result;
}

double FiberLife(int count) {
  Pool stacks(kStack);
  double result = 0;
  for (int round = 0; round < 2; ++round) {
    std::vector<fibers::fiber> batch;
    const double start = ThreadCpuNanoseconds();
    for (int i = 0; i < count; ++i) {
      batch.emplace_back(fibers::launch::post, std::allocator_arg, stacks, [] { ++ran; });
      if (i % 100 != 99) continue;
      for (auto& one : batch) one.join();
      batch.clear();
    }
    result = (ThreadCpuNanoseconds() - start) / count;
    for (auto& one : batch) one.join();
  }
  return result;
}

double FiberChange(int flows, int switches) {
  Pool stacks(kStack);
  double start = 0;
  double result = 0;
  const int rounds = switches / flows;
  int waiting = flows;
  std::vector<fibers::fiber> all;
  for (int i = 0; i < flows; ++i) {
    all.emplace_back(fibers::launch::post, std::allocator_arg, stacks, [&] {
      boost::this_fiber::yield();
      if (start == 0) start = ThreadCpuNanoseconds();
      for (int k = 0; k < rounds; ++k) boost::this_fiber::yield();
      if (--waiting > 0) return;
      result = (ThreadCpuNanoseconds() - start) / (static_cast<double>(rounds) * flows);
    });
  }
  for (auto& one : all) one.join();
  return result;
}

double FiberMemory(int count) {
  Pool stacks(kStack);
  fibers::mutex mutex;
  fibers::condition_variable condition;
  bool go = false;
  std::vector<fibers::fiber> all;
  all.reserve(static_cast<size_t>(count));
  const double before = MemoryInUse();
  for (int i = 0; i < count; ++i) {
    all.emplace_back(fibers::launch::dispatch, std::allocator_arg, stacks, [&] {
      std::unique_lock<fibers::mutex> lock(mutex);
      condition.wait(lock, [&] { return go; });
    });
  }
  const double result = (MemoryInUse() - before) / count;
  {
    std::unique_lock<fibers::mutex> lock(mutex);
    go = true;
  }
  condition.notify_all();
  for (auto& one : all) one.join();
  return result;
}

double FiberTimers(int count) {
  using std::chrono::nanoseconds;
  Pool stacks(kStack);
  SleepRounds rounds(count);
  auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  std::vector<fibers::fiber> all;
  for (int i = 0; i < count; ++i) {
    all.emplace_back(fibers::launch::post, std::allocator_arg, stacks, [&, i] {
      const nanoseconds phase(rounds.phase_nanoseconds(i));
      while (!rounds.done()) {
        boost::this_fiber::sleep_until(next + phase);
        const bool first = rounds.Wake();
        if (first)
          next = std::chrono::steady_clock::now() + nanoseconds(rounds.period_nanoseconds());
      }
    });
  }
  for (auto& one : all) one.join();
  return rounds.result();
}

double CreateCoroutines(int count) {
  Pool stacks(kStack);
  std::vector<std::unique_ptr<Coroutine::push_type>> all;
  all.reserve(static_cast<size_t>(count));
  const double start = ThreadCpuNanoseconds();
  for (int i = 0; i < count; ++i) {
    all.push_back(
        std::make_unique<Coroutine::push_type>(stacks, [](Coroutine::pull_type&) { ++ran; }));
  }
  return (ThreadCpuNanoseconds() - start) / count;
}

double CoroutineLife(int count) {
  Pool stacks(kStack);
  double result = 0;
  for (int round = 0; round < 2; ++round) {
    const double start = ThreadCpuNanoseconds();
    for (int i = 0; i < count; ++i) {
      Coroutine::push_type one(stacks, [](Coroutine::pull_type&) { ++ran; });
      one();
    }
    result = (ThreadCpuNanoseconds() - start) / count;
  }
  return result;
}

// It has no scheduler: the main flow resumes each in turn, which is two switches.
double CoroutineChange(int flows, int switches) {
  Pool stacks(kStack);
  std::vector<std::unique_ptr<Coroutine::push_type>> all;
  for (int i = 0; i < flows; ++i) {
    all.push_back(std::make_unique<Coroutine::push_type>(stacks, [](Coroutine::pull_type& yield) {
      while (true) yield();
    }));
    (*all.back())();
  }
  const int rounds = switches / flows / 2;
  const double start = ThreadCpuNanoseconds();
  for (int k = 0; k < rounds; ++k) {
    for (auto& one : all) (*one)();
  }
  return (ThreadCpuNanoseconds() - start) / (2.0 * rounds * flows);
}

double CoroutineMemory(int count) {
  Pool stacks(kStack);
  std::vector<std::unique_ptr<Coroutine::push_type>> all;
  all.reserve(static_cast<size_t>(count));
  const double before = MemoryInUse();
  for (int i = 0; i < count; ++i) {
    all.push_back(std::make_unique<Coroutine::push_type>(
        stacks, [](Coroutine::pull_type& yield) { yield(); }));
    (*all.back())();
  }
  return (MemoryInUse() - before) / count;
}

}  // namespace

Contender BoostFiber() {
  return {"Boost.Fiber", CreateFibers, FiberLife, FiberChange, FiberMemory, FiberTimers, {}};
}

Contender BoostCoroutine2() {
  return {"Boost.Coroutine2",
          CreateCoroutines,
          CoroutineLife,
          CoroutineChange,
          CoroutineMemory,
          {},
          {}};
}

}  // namespace understudy::bench
