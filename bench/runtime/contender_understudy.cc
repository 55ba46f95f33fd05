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

struct Sleepers {
  explicit Sleepers(int count) : rounds(count) {}

  void Sleep(int i) {
    const absl::Duration phase = absl::Nanoseconds(rounds.phase_nanoseconds(i));
    while (world.manager.SleepUntil(next + phase) == runtime::WakeReason::kTimedOut) {
      const bool first = rounds.Wake();
      if (first) next = world.clock.SteadyNow() + absl::Nanoseconds(rounds.period_nanoseconds());
      if (rounds.done()) world.manager.CancelAll();
    }
  }

  World world;
  SleepRounds rounds;
  SteadyTime next = world.clock.SteadyNow() + absl::Milliseconds(500);
};

double Timers(int count) {
  Sleepers sleepers(count);
  for (int i = 0; i < count; ++i) {
    sleepers.world.manager.Spawn([&sleepers, i] { sleepers.Sleep(i); });
  }
  sleepers.world.manager.RunUntilDone();
  return sleepers.rounds.result();
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
