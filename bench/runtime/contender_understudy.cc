#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "bench/runtime/contenders.h"
#include "bench/runtime/measure.h"
#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/epoll_engine.h"
#include "services/station_agent/runtime/scheduler/manager.h"
#include "services/station_agent/runtime/scheduler/runtime.h"

namespace understudy::bench {
namespace {

namespace runtime = station_agent::runtime;

struct World {
  SystemClock clock;
  runtime::EpollEngine engine;
  runtime::Manager manager{{}, clock, engine};
};

uint64_t ran = 0;

double Create(int count) {
  World world;
  const double start = ThreadCpuNanoseconds();
  for (int i = 0; i < count; ++i) world.manager.Spawn([] { ++ran; });
  return (ThreadCpuNanoseconds() - start) / count;
}

double Life(int count) {
  World world;
  double result = 0;
  world.manager.Spawn([&] {
    for (int round = 0; round < 2; ++round) {
      const double start = ThreadCpuNanoseconds();
      for (int i = 0; i < count; ++i) {
        world.manager.Spawn([] { ++ran; });
        if (i % 100 == 99) runtime::Yield();
      }
      runtime::Yield();
      result = (ThreadCpuNanoseconds() - start) / count;
    }
  });
  world.manager.RunUntilDone();
  return result;
}

double Change(int flows, int switches) {
  World world;
  double start = 0;
  double result = 0;
  const int rounds = switches / flows;
  int waiting = flows;
  for (int i = 0; i < flows; ++i) {
    world.manager.Spawn([&] {
      runtime::Yield();  // all have their stacks now
      if (start == 0) start = ThreadCpuNanoseconds();
      for (int k = 0; k < rounds; ++k) runtime::Yield();
      if (--waiting > 0) return;
      result = (ThreadCpuNanoseconds() - start) / (static_cast<double>(rounds) * flows);
    });
  }
  world.manager.RunUntilDone();
  return result;
}

double Memory(int count) {
  World world;
  double result = 0;
  const double before = MemoryInUse();
  for (int i = 0; i < count; ++i) {
    world.manager.Spawn([&] { world.manager.SleepUntil(SteadyTime::Infinite()); });
  }
  world.manager.Spawn([&] {
    result = (MemoryInUse() - before) / count;
    world.manager.CancelAll();
  });
  world.manager.RunUntilDone();
  return result;
}

// Half of the work is done when the last has armed, the rest when the last has fired; the wait in
// between costs nothing.
struct TimersState {
  World world;
  int next = 0;
  int left = 0;
  int count = 0;
  double begin = 0;
  double end = 0;

  void Sleep() {
    runtime::Yield();  // all have their stacks now
    if (begin == 0) begin = ThreadCpuNanoseconds();
    const int64_t i = next++;
    const SteadyTime deadline =
        world.clock.SteadyNow() + absl::Nanoseconds(500'000'000 + (i * 7919 % count) * 100);
    world.manager.SleepUntil(deadline);
    if (--left == 0) end = ThreadCpuNanoseconds();
  }
};

double Timers(int count) {
  TimersState state;
  state.left = state.count = count;
  for (int i = 0; i < count; ++i) state.world.manager.Spawn([&state] { state.Sleep(); });
  state.world.manager.RunUntilDone();
  return (state.end - state.begin) / count;
}

void Serve(int connection) {
  char buffer[4096];
  while (true) {
    const ssize_t size = recv(connection, buffer, sizeof(buffer), 0);
    if (size <= 0) break;
    if (send(connection, buffer, static_cast<size_t>(size), MSG_NOSIGNAL) != size) break;
  }
  close(connection);
}

void Echo(int listener) {
  World world;
  world.manager.Spawn([&] {
    while (true) {
      const int connection = accept(listener, nullptr, nullptr);
      if (connection >= 0) world.manager.Spawn([connection] { Serve(connection); });
    }
  });
  world.manager.RunUntilDone();
}

}  // namespace

Contender Understudy() { return {"understudy", Create, Life, Change, Memory, Timers, Echo}; }

}  // namespace understudy::bench
