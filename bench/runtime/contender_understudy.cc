#include "bench/runtime/contenders.h"
#include "bench/runtime/measure.h"
#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/epoll_engine.h"
#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::bench {
namespace {

namespace runtime = station_agent::runtime;

struct World {
  SystemClock clock;
  runtime::EpollEngine engine;
  runtime::Manager manager{{}, clock, engine};
};

uint64_t ran = 0;

}  // namespace

double UnderstudyCreate(int count) {
  World world;
  const double start = ThreadCpuNanoseconds();
  for (int i = 0; i < count; ++i) world.manager.Spawn([] { ++ran; });
  return (ThreadCpuNanoseconds() - start) / count;
}

double UnderstudyLife(int count) {
  World world;
  double result = 0;
  world.manager.Spawn([&] {
    for (int round = 0; round < 2; ++round) {
      const double start = ThreadCpuNanoseconds();
      for (int i = 0; i < count; ++i) {
        world.manager.Spawn([] { ++ran; });
        if (i % 100 == 99) world.manager.Yield();
      }
      world.manager.Yield();
      result = (ThreadCpuNanoseconds() - start) / count;
    }
  });
  world.manager.RunUntilDone();
  return result;
}

double UnderstudySwitch(int coroutines, int switches) {
  World world;
  double start = 0;
  double result = 0;
  const int rounds = switches / coroutines;
  int waiting = coroutines;
  for (int i = 0; i < coroutines; ++i) {
    world.manager.Spawn([&] {
      world.manager.Yield();  // all have their stacks now
      if (start == 0) start = ThreadCpuNanoseconds();
      for (int k = 0; k < rounds; ++k) world.manager.Yield();
      if (--waiting == 0) {
        result = (ThreadCpuNanoseconds() - start) / (static_cast<double>(rounds) * coroutines);
      }
    });
  }
  world.manager.RunUntilDone();
  return result;
}

double UnderstudyTimers(int count) {
  World world;
  double start = 0;
  double armed = 0;
  double first_fired = 0;
  double result = 0;
  int left = count;
  const SteadyTime base = world.clock.SteadyNow() + absl::Milliseconds(400);
  for (int i = 0; i < count; ++i) {
    world.manager.Spawn([&, i] {
      world.manager.Yield();  // stacks are bound
      if (start == 0) start = ThreadCpuNanoseconds();
      world.manager.SleepUntil(base + absl::Microseconds((i * 7919L) % 100'000));
      if (left == count) first_fired = ThreadCpuNanoseconds();
      if (--left == 0) result = (armed + ThreadCpuNanoseconds() - first_fired) / count;
    });
  }
  world.manager.Spawn([&] {
    world.manager.Yield();
    armed = ThreadCpuNanoseconds() - start;
  });
  world.manager.RunUntilDone();
  return result;
}

}  // namespace understudy::bench
