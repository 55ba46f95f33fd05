#ifndef UNDERSTUDY_BENCH_RUNTIME_MEASURE_H_
#define UNDERSTUDY_BENCH_RUNTIME_MEASURE_H_

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

// Runs `body` in a process of its own and adds what it returns to `series`: each run is the first
// in its process, nothing is warm.
void RunForked(Series& series, const std::function<double()>& body);

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_RUNTIME_MEASURE_H_
