// Steps of the wall clock, and threads without a runtime. A clock that others use cannot be set in
// a test, so this program puts its own in the place of the C library's.

#include <netdb.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include <atomic>

#include "services/station_agent/runtime/hooks/testing/trap_test.h"

namespace {

// By how many seconds the wall clock of this program is wrong.
std::atomic<int64_t> wall_step{0};

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += wall_step.load();
  return result;
}

namespace understudy::station_agent::runtime {
namespace {

class ClockTraps : public TrapTest {
 protected:
  void TearDown() override { wall_step = 0; }

  // Runs `wait` while the wall clock jumps there and back, and checks that it took `milliseconds`
  // at least and nothing like the jump.
  void WaitWhileTheClockSteps(int milliseconds, const std::function<void()>& wait) {
    for (const int64_t step : {-86'400, 86'400}) {
      absl::Duration took;
      Together({[&] { took = TimeOf(wait); },
                [&] {
                  Pause();
                  wall_step = step;
                }});
      EXPECT_GE(took, absl::Milliseconds(milliseconds));
      EXPECT_LT(took, absl::Hours(1));
      wall_step = 0;
    }
  }
};
UNDERSTUDY_TRAPS(ClockTraps);

TEST_P(ClockTraps, TheStepReachesThisProgram) {
  const time_t before = time(nullptr);
  wall_step = 86'400;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  EXPECT_GE(now.tv_sec, before + 86'399);
}

TEST_P(ClockTraps, AStepOfTheWallClockDoesNotChangeASleep) {
  WaitWhileTheClockSteps(20, [] { EXPECT_EQ(usleep(20'000), 0); });
  WaitWhileTheClockSteps(20, [] {
    const timespec time{0, 20'000'000};
    EXPECT_EQ(clock_nanosleep(CLOCK_REALTIME, 0, &time, nullptr), 0);
  });
}

TEST_P(ClockTraps, AStepOfTheWallClockDoesNotChangeATimeOut) {
  SocketPair pair;
  SetTimeout(pair.ends[0], SO_RCVTIMEO, 20);
  // The kernel counts time-outs in ticks of its own: one of them early at most.
  WaitWhileTheClockSteps(16, [&] { EXPECT_EQ(ReadSome(pair.ends[0]), "error"); });
  WaitWhileTheClockSteps(20, [&] {
    pollfd one{pair.ends[0], POLLIN, 0};
    EXPECT_EQ(poll(&one, 1, 20), 0);
  });
  WaitWhileTheClockSteps(20, [&] {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pair.ends[0], &set);
    timeval timeout{0, 20'000};
    EXPECT_EQ(select(pair.ends[0] + 1, &set, nullptr, nullptr, &timeout), 0);
  });
}

// A manager on one thread; calls on another one go past it.
TEST(PlainThreadTrap, AThreadThatNeverEnteredTheRuntimeSeesThePlainLibrary) {
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  std::atomic<bool> done{false};
  std::thread plain([&] {
    EXPECT_EQ(Manager::Current(), nullptr);
    SocketPair pair;
    EXPECT_EQ(write(pair.ends[0], "p", 1), 1);
    EXPECT_EQ(ReadSome(pair.ends[1]), "p");
    pollfd one{pair.ends[1], POLLOUT, 0};
    EXPECT_EQ(poll(&one, 1, -1), 1);
    usleep(1000);
    addrinfo* found = nullptr;
    EXPECT_EQ(getaddrinfo("127.0.0.1", "80", nullptr, &found), 0);
    freeaddrinfo(found);
    done = true;
  });
  std::array<uint64_t, kHookFamilies> hooks{};
  manager.Spawn([&] {
    while (!done) manager.SleepUntil(manager.now() + absl::Milliseconds(1));
    hooks = manager.stats().hooks;
  });
  manager.RunUntilDone();
  plain.join();
  // The plain thread's calls were counted for nobody. (Closing is noted for all, by any thread.)
  EXPECT_EQ(hooks, (std::array<uint64_t, kHookFamilies>{}));
}

}  // namespace
}  // namespace understudy::station_agent::runtime
