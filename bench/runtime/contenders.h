#ifndef UNDERSTUDY_BENCH_RUNTIME_CONTENDERS_H_
#define UNDERSTUDY_BENCH_RUNTIME_CONTENDERS_H_

#include <functional>
#include <string>
#include <vector>

// What each contender is asked to do; each in a file of its own. Results are nanoseconds of this
// thread's processor time for one operation, with stacks of 64 KiB, on one thread. A task that a
// contender cannot do is left empty.
namespace understudy::bench {

struct Contender {
  std::string name;
  // Creates so many and runs none. Called once in a process.
  std::function<double(int count)> create;
  // Creates, a hundred at a time, and runs each to its end.
  std::function<double(int count)> life;
  // So many that yield in turn: for one switch.
  std::function<double(int flows, int switches)> change;
  // Parks so many and returns the bytes of memory that one costs.
  std::function<double(int count)> memory;
  // So many go to sleep and wake at different times: to arm and to fire one.
  std::function<double(int count)> timers;
  // Serves echo on a listening socket until the process is killed.
  std::function<void(int listener)> echo;
};

Contender Understudy();
Contender UcontextPool();
Contender BoostFiber();
Contender BoostCoroutine2();
Contender StateThreads();
Contender Stackless();
Contender BareEpoll();

// Resident and page-table memory of this process, in bytes.
double MemoryInUse();

inline constexpr int kEchoSize = 64;

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_RUNTIME_CONTENDERS_H_
