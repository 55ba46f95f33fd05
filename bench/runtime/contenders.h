#ifndef UNDERSTUDY_BENCH_RUNTIME_CONTENDERS_H_
#define UNDERSTUDY_BENCH_RUNTIME_CONTENDERS_H_

// What each contender is asked to do; each in a file of its own. All return nanoseconds for one
// operation on one thread, with stacks of 64 KiB.
namespace understudy::bench {

// Creates `count` coroutines and runs none.
double UnderstudyCreate(int count);
// Creates coroutines, a hundred at a time, and runs each to its end; warm.
double UnderstudyLife(int count);
// `coroutines` that yield in turn.
double UnderstudySwitch(int coroutines, int switches);
// `count` coroutines that go to sleep and wake at different times: to arm and to fire.
double UnderstudyTimers(int count);

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_RUNTIME_CONTENDERS_H_
