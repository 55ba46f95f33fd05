#include "common/rpc/grpc_threads.h"

#include <dlfcn.h>
#include <grpc/support/time.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

// What epoll_wait, as gRPC's libraries find it, says to a thread of this name of one event and of
// none, several times in quick succession.
void ExpectEvents(const char* thread_name) {
  const auto wait = reinterpret_cast<decltype(&epoll_wait)>(dlsym(RTLD_DEFAULT, "epoll_wait"));
  std::thread([&] {
    pthread_setname_np(pthread_self(), thread_name);
    const int epoll = epoll_create1(0);
    const int event = eventfd(0, EFD_NONBLOCK);
    epoll_event wanted = {.events = EPOLLIN, .data = {.fd = event}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted);
    for (uint64_t i = 0; i < 100; ++i) {
      epoll_event came = {};
      EXPECT_EQ(eventfd_write(event, 1), 0);
      EXPECT_EQ(wait(epoll, &came, 1, 10'000), 1);
      EXPECT_EQ(came.data.fd, event);
      eventfd_t count = 0;
      EXPECT_EQ(eventfd_read(event, &count), 0);
      if (i % 20 == 0) {
        EXPECT_EQ(wait(epoll, &came, 1, 1), 0);
      }
    }
    close(event);
    close(epoll);
  }).join();
}

TEST(GrpcThreadsTest, EventsAreFoundAwakeOrAsleep) {
  PrepareGrpcThreads();
  ExpectEvents("nexting_thread");
  ExpectEvents("other");
}

}  // namespace
}  // namespace understudy::rpc
