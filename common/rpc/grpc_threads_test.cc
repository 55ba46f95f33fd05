#include "common/rpc/grpc_threads.h"

#include <dlfcn.h>
#include <grpc/support/time.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <thread>

#include "common/time/system_clock.h"

namespace understudy::rpc {
namespace {

// How long gpr_sleep_until, as gRPC's libraries find it, holds up a thread of this name.
absl::Duration NapOf(const char* thread_name, int milliseconds) {
  const auto nap =
      reinterpret_cast<decltype(&gpr_sleep_until)>(dlsym(RTLD_DEFAULT, "gpr_sleep_until"));
  absl::Duration took;
  std::thread([&] {
    pthread_setname_np(pthread_self(), thread_name);
    const SystemClock clock;
    const SteadyTime start = clock.SteadyNow();
    nap(gpr_time_add(gpr_now(GPR_CLOCK_REALTIME),
                     gpr_time_from_millis(milliseconds, GPR_TIMESPAN)));
    took = clock.SteadyNow() - start;
  }).join();
  return took;
}

TEST(GrpcThreadsTest, CallbackThreadsTakeNoNaps) {
  PrepareGrpcThreads();
  EXPECT_LT(NapOf("nexting_thread", 10'000), absl::Seconds(10));
}

TEST(GrpcThreadsTest, OtherThreadsSleepAsLongAsTheyMean) {
  PrepareGrpcThreads();
  EXPECT_GE(NapOf("other", 20), absl::Milliseconds(19));
}

}  // namespace
}  // namespace understudy::rpc
