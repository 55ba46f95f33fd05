#ifndef UNDERSTUDY_BENCH_RUNTIME_ECHO_LOAD_H_
#define UNDERSTUDY_BENCH_RUNTIME_ECHO_LOAD_H_

#include <functional>

namespace understudy::bench {

// Runs `serve(listener)` in a process of its own on processor 0 and sends it requests of 64 bytes
// over so many connections from processor 1, one at a time on each. Returns the server's processor
// time for one request, in nanoseconds.
double MeasureEcho(const std::function<void(int listener)>& serve, int connections, int requests);

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_RUNTIME_ECHO_LOAD_H_
