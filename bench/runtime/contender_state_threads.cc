#include <st.h>
#include <sys/socket.h>

#include <vector>

#include "bench/runtime/contenders.h"
#include "bench/runtime/measure.h"

namespace understudy::bench {
namespace {

constexpr int kStack = 64 * 1024;
uint64_t ran = 0;

void Init() {
  static const int once = st_set_eventsys(ST_EVENTSYS_ALT) + st_init();
  (void)once;
}

void* Count(void*) {
  ++ran;
  return nullptr;
}

double Create(int count) {
  Init();
  const double start = ThreadCpuNanoseconds();
  for (int i = 0; i < count; ++i) st_thread_create(Count, nullptr, 0, kStack);
  return (ThreadCpuNanoseconds() - start) / count;
}

double Life(int count) {
  Init();
  double result = 0;
  for (int round = 0; round < 2; ++round) {
    const double start = ThreadCpuNanoseconds();
    for (int i = 0; i < count; ++i) {
      st_thread_create(Count, nullptr, 0, kStack);
      if (i % 100 == 99) st_usleep(0);
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

// Debian's version has no other way to yield than a sleep of nothing.
void* TakeTurns(void* data) {
  auto* turns = static_cast<Turns*>(data);
  st_usleep(0);
  if (turns->start == 0) turns->start = ThreadCpuNanoseconds();
  for (int k = 0; k < turns->rounds; ++k) st_usleep(0);
  if (--turns->waiting == 0) {
    turns->result = (ThreadCpuNanoseconds() - turns->start) /
                    (static_cast<double>(turns->rounds) * turns->flows);
  }
  return nullptr;
}

double Change(int flows, int switches) {
  Init();
  Turns turns{0, 0, switches / flows, flows, flows};
  std::vector<st_thread_t> all;
  for (int i = 0; i < flows; ++i) all.push_back(st_thread_create(TakeTurns, &turns, 1, kStack));
  for (const st_thread_t one : all) st_thread_join(one, nullptr);
  return turns.result;
}

double Memory(int count) {
  Init();
  const double before = MemoryInUse();
  for (int i = 0; i < count; ++i) {
    st_thread_create(
        [](void*) -> void* {
          st_sleep(-1);
          return nullptr;
        },
        nullptr, 0, kStack);
  }
  st_usleep(0);
  return (MemoryInUse() - before) / count;
}

struct Sleepers {
  explicit Sleepers(int count) : rounds(count) {}

  SleepRounds rounds;
  int next = 0;
};

// A sleep counts from when the library looked at the clock last.
void* Sleep(void* data) {
  auto* sleepers = static_cast<Sleepers*>(data);
  SleepRounds& rounds = sleepers->rounds;
  const int64_t phase = rounds.phase_nanoseconds(sleepers->next++);
  st_usleep(static_cast<st_utime_t>(500'000 + phase / 1000));
  while (!rounds.done()) {
    rounds.Wake();
    st_usleep(static_cast<st_utime_t>(rounds.period_nanoseconds() / 1000));
  }
  return nullptr;
}

double Timers(int count) {
  Init();
  Sleepers sleepers(count);
  std::vector<st_thread_t> all;
  for (int i = 0; i < count; ++i) all.push_back(st_thread_create(Sleep, &sleepers, 1, kStack));
  for (const st_thread_t one : all) st_thread_join(one, nullptr);
  return sleepers.rounds.result();
}

void* Serve(void* data) {
  auto* connection = static_cast<st_netfd_t>(data);
  char buffer[4096];
  while (true) {
    const ssize_t size = st_read(connection, buffer, sizeof(buffer), ST_UTIME_NO_TIMEOUT);
    if (size <= 0) break;
    if (st_write(connection, buffer, static_cast<size_t>(size), ST_UTIME_NO_TIMEOUT) != size) break;
  }
  st_netfd_close(connection);
  return nullptr;
}

void Echo(int listener) {
  Init();
  st_netfd_t server = st_netfd_open_socket(listener);
  while (true) {
    st_netfd_t connection = st_accept(server, nullptr, nullptr, ST_UTIME_NO_TIMEOUT);
    if (connection != nullptr) st_thread_create(Serve, connection, 0, kStack);
  }
}

}  // namespace

Contender StateThreads() { return {"State Threads", Create, Life, Change, Memory, Timers, Echo}; }

}  // namespace understudy::bench
