#ifndef UNDERSTUDY_BENCH_RUNTIME_MEASURE_H_
#define UNDERSTUDY_BENCH_RUNTIME_MEASURE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace understudy::bench {

// Nanoseconds per operation, one value for each run of one contender.
struct Series {
  std::string contender;
  std::vector<double> values;
};

// User and system time of this thread.
double ThreadCpuNanoseconds();

double Median(std::vector<double> values);
// "  understudy        12.3 ns   (11.9 .. 14.0, 7 runs)"
void Print(const Series& series, const char* unit);

// So many sleepers, each of whom sleeps again and again: all wake once in a round. Timed is from
// when the last has woken in the first round, which only warms, to when the last has woken
// `kRounds` rounds later: in between each has armed and fired so many timers.
class SleepRounds {
 public:
  explicit SleepRounds(int count) : count_(count) {}

  // One woke. True for the first of a round.
  bool Wake();
  bool done() const { return round_ > kRounds; }
  // How long a round is, and how much later than its beginning sleeper `i` wakes: in another order
  // than that of their creation, one each 100 ns.
  int64_t period_nanoseconds() const { return int64_t{count_} * 5'000; }
  int64_t phase_nanoseconds(int i) const { return int64_t{i} * 7919 % count_ * 100; }
  // Processor time to arm and fire one.
  double result() const { return (end_ - begin_) / count_ / kRounds; }

 private:
  static constexpr int kRounds = 4;

  const int count_;
  int woken_ = 0;
  int round_ = 0;
  double begin_ = 0;
  double end_ = 0;
};

// Runs `body` in a process of its own and adds what it returns to `series`: each run is the first
// in its process, nothing is warm.
void RunForked(Series& series, const std::function<double()>& body);

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_RUNTIME_MEASURE_H_
