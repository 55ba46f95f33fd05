#include "services/station_agent/runtime/scheduler/manager.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cfenv>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/time/simulated_clock.h"
#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/epoll_engine.h"
#include "services/station_agent/runtime/scheduler/testing/fake_event_engine.h"

namespace understudy::station_agent::runtime {
namespace {

class ManagerTest : public testing::Test {
 protected:
  void Sleep(absl::Duration duration) { manager_.SleepUntil(clock_.SteadyNow() + duration); }

  SimulatedClock clock_;
  FakeEventEngine engine_{clock_};
  std::vector<std::string> uncaught_;
  ManagerOptions options_ = [this] {
    ManagerOptions options;
    options.max_coroutines = 20'000;
    options.on_uncaught = [this](const char* name, const char* what) {
      uncaught_.push_back(std::string(name) + ": " + what);
    };
    return options;
  }();
  Manager manager_{options_, clock_, engine_};
};

TEST_F(ManagerTest, RunsCoroutinesInTheOrderSpawned) {
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) manager_.Spawn([&order, i] { order.push_back(i); });
  manager_.RunUntilDone();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(ManagerTest, YieldLetsTheOthersRun) {
  std::string trace;
  for (const char name : {'a', 'b', 'c'}) {
    manager_.Spawn([this, &trace, name] {
      for (int i = 0; i < 3; ++i) {
        trace += name;
        manager_.Yield();
      }
    });
  }
  manager_.RunUntilDone();
  EXPECT_EQ(trace, "abcabcabc");
}

TEST_F(ManagerTest, SleepersWakeInOrderOfTheirTimes) {
  std::vector<int> order;
  const SteadyTime start = clock_.SteadyNow();
  for (const int ms : {30, 10, 20}) {
    manager_.Spawn([this, &order, ms, start] {
      Sleep(absl::Milliseconds(ms));
      EXPECT_EQ(clock_.SteadyNow() - start, absl::Milliseconds(ms));
      order.push_back(ms);
    });
  }
  manager_.RunUntilDone();
  EXPECT_EQ(order, (std::vector<int>{10, 20, 30}));
}

TEST_F(ManagerTest, SpawnFailsAtTheBound) {
  ManagerOptions options;
  options.max_coroutines = 700;
  Manager manager(options, clock_, engine_);
  for (int i = 0; i < 700; ++i) ASSERT_NE(manager.Spawn([] {}), 0u);
  EXPECT_EQ(manager.Spawn([] {}), 0u);
  EXPECT_EQ(manager.stats().refused, 1u);
  manager.RunUntilDone();
  EXPECT_NE(manager.Spawn([] {}), 0u);
  manager.RunUntilDone();
}

TEST_F(ManagerTest, JoinWaitsForTheEnd) {
  bool done = false;
  manager_.Spawn([&] {
    const CoroutineId child = manager_.Spawn([&] {
      Sleep(absl::Seconds(1));
      done = true;
    });
    EXPECT_EQ(manager_.Join(child, SteadyTime::Infinite()), WakeReason::kReady);
    EXPECT_TRUE(done);
    EXPECT_EQ(manager_.Join(child, SteadyTime::Infinite()), WakeReason::kReady);
  });
  manager_.RunUntilDone();
}

TEST_F(ManagerTest, JoinHonoursItsDeadlineAndCanBeTriedAgain) {
  manager_.Spawn([&] {
    const CoroutineId child = manager_.Spawn([&] { Sleep(absl::Seconds(10)); });
    EXPECT_EQ(manager_.Join(child, clock_.SteadyNow() + absl::Seconds(1)), WakeReason::kTimedOut);
    EXPECT_TRUE(manager_.IsAlive(child));
    EXPECT_EQ(manager_.Join(child, SteadyTime::Infinite()), WakeReason::kReady);
  });
  manager_.RunUntilDone();
}

TEST_F(ManagerTest, CancelEndsAWaitAndAllLaterOnes) {
  std::vector<WakeReason> reasons;
  const CoroutineId id = manager_.Spawn([&] {
    for (int i = 0; i < 3; ++i) reasons.push_back(manager_.SleepUntil(SteadyTime::Infinite()));
  });
  manager_.Spawn([&, id] { EXPECT_TRUE(manager_.Cancel(id)); });
  manager_.RunUntilDone();
  EXPECT_EQ(reasons, std::vector<WakeReason>(3, WakeReason::kCancelled));
  EXPECT_FALSE(manager_.Cancel(id));
}

TEST_F(ManagerTest, ASleepThatIsOverCannotBeCancelledAnyMore) {
  std::vector<WakeReason> reasons;
  CoroutineId second = 0;
  manager_.Spawn([&] {
    Sleep(absl::Seconds(1));
    manager_.Cancel(second);  // it is ready by now, but has not run
  });
  second = manager_.Spawn([&] {
    reasons.push_back(manager_.SleepUntil(clock_.SteadyNow() + absl::Seconds(1)));
    reasons.push_back(manager_.SleepUntil(SteadyTime::Infinite()));
  });
  manager_.RunUntilDone();
  EXPECT_EQ(reasons, (std::vector<WakeReason>{WakeReason::kTimedOut, WakeReason::kCancelled}));
}

TEST_F(ManagerTest, ManyTimersThatAreDueTogetherAllFireInOrder) {
  std::vector<int> woken;
  for (int i = 0; i < 1000; ++i) {
    manager_.Spawn([&, i] {
      manager_.SleepUntil(clock_.SteadyNow() + absl::Seconds(1) - absl::Nanoseconds(i));
      woken.push_back(i);
    });
  }
  manager_.RunUntilDone();
  ASSERT_EQ(woken.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(woken.rbegin(), woken.rend()));
}

TEST_F(ManagerTest, AShieldPutsACancellationOff) {
  std::vector<WakeReason> reasons;
  const CoroutineId id = manager_.Spawn([&] {
    {
      const CancellationShield shield;
      reasons.push_back(manager_.SleepUntil(clock_.SteadyNow() + absl::Seconds(1)));
    }
    reasons.push_back(manager_.SleepUntil(SteadyTime::Infinite()));
  });
  manager_.Spawn([&, id] { manager_.Cancel(id); });
  manager_.RunUntilDone();
  EXPECT_EQ(reasons, (std::vector<WakeReason>{WakeReason::kTimedOut, WakeReason::kCancelled}));
}

TEST_F(ManagerTest, ACancelledLoopDoesNotKeepTheThread) {
  bool other_ran = false;
  const CoroutineId id = manager_.Spawn([&] {
    while (!other_ran) manager_.SleepUntil(SteadyTime::Infinite());
  });
  manager_.Spawn([&, id] {
    manager_.Cancel(id);
    for (int i = 0; i < 10; ++i) manager_.Yield();
    other_ran = true;
  });
  manager_.RunUntilDone();
  EXPECT_TRUE(other_ran);
}

TEST_F(ManagerTest, EachCoroutineHasItsOwnErrno) {
  for (int i = 1; i <= 3; ++i) {
    manager_.Spawn([&, i] {
      EXPECT_EQ(errno, 0);
      errno = i;
      for (int k = 0; k < 5; ++k) {
        manager_.Yield();
        EXPECT_EQ(errno, i);
      }
    });
  }
  manager_.RunUntilDone();
}

TEST_F(ManagerTest, ExceptionsInFlightSurviveASwitch) {
  int caught = 0;
  for (int i = 0; i < 4; ++i) {
    manager_.Spawn([&, i] {
      try {
        throw i;
      } catch (int outer) {
        manager_.Yield();
        try {
          throw std::runtime_error("inner");
        } catch (const std::runtime_error&) {
          manager_.Yield();
        }
        EXPECT_EQ(outer, i);
        EXPECT_NE(std::current_exception(), nullptr);
        ++caught;
      }
      EXPECT_EQ(std::uncaught_exceptions(), 0);
    });
  }
  manager_.RunUntilDone();
  EXPECT_EQ(caught, 4);
}

TEST_F(ManagerTest, ADestructorMaySwitchWhileAnExceptionFlies) {
  struct Yielder {
    explicit Yielder(Manager& m) : manager(m) {}
    ~Yielder() {
      manager.Yield();
      EXPECT_EQ(std::uncaught_exceptions(), 1);
    }
    Manager& manager;
  };
  int caught = 0;
  for (int i = 0; i < 3; ++i) {
    manager_.Spawn([&] {
      try {
        const Yielder yielder(manager_);
        throw 1;
      } catch (int) {
        ++caught;
      }
    });
  }
  manager_.RunUntilDone();
  EXPECT_EQ(caught, 3);
}

TEST_F(ManagerTest, AThrowOutOfACoroutineIsReportedByName) {
  bool other = false;
  SpawnOptions options;
  options.name = "pump";
  manager_.Spawn([] { throw std::runtime_error("valve stuck"); }, options);
  manager_.Spawn([] { throw 7; });
  manager_.Spawn([&] { other = true; });
  manager_.RunUntilDone();
  EXPECT_TRUE(other);
  EXPECT_EQ(uncaught_,
            (std::vector<std::string>{"pump: valve stuck", "coroutine: not a std::exception"}));
  EXPECT_EQ(manager_.stats().uncaught, 2u);
}

TEST_F(ManagerTest, EachCoroutineHasItsOwnRoundingMode) {
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    manager_.Spawn([&, mode] {
      EXPECT_EQ(std::fegetround(), FE_TONEAREST);
      std::fesetround(mode);
      manager_.Yield();
      EXPECT_EQ(std::fegetround(), mode);
    });
  }
  manager_.RunUntilDone();
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
}

TEST_F(ManagerTest, ALowPriorityIsNotStarved) {
  SpawnOptions low;
  low.priority = Priority::kLow;
  SpawnOptions high;
  high.priority = Priority::kHigh;
  bool low_ran = false;
  int high_turns = 0;
  manager_.Spawn(
      [&] {
        while (!low_ran) {
          ++high_turns;
          manager_.Yield();
        }
      },
      high);
  manager_.Spawn([&] { low_ran = true; }, low);
  manager_.RunUntilDone();
  EXPECT_LE(high_turns, 20);
}

TEST_F(ManagerTest, ABusyCoroutineDoesNotKeepTimersFromFiring) {
  bool fired = false;
  manager_.Spawn([&] {
    Sleep(absl::Milliseconds(1));
    fired = true;
  });
  manager_.Spawn([&] {
    while (!fired) {
      clock_.Advance(absl::Microseconds(10));
      manager_.Yield();
    }
  });
  manager_.RunUntilDone();
  EXPECT_TRUE(fired);
}

TEST_F(ManagerTest, ReportsEventsToEachWhoWaitsOnADescriptor) {
  int woken = 0;
  for (const uint32_t events : {1u /* EPOLLIN */, 1u, 4u /* EPOLLOUT */}) {
    manager_.Spawn([&, events] {
      DescriptorEntry& entry = manager_.Descriptor(7);
      EXPECT_EQ(manager_.Watch(7, entry), 0);
      EXPECT_EQ(manager_.WaitFor(7, entry, events, SteadyTime::Infinite(), "test"),
                WakeReason::kReady);
      ++woken;
    });
  }
  engine_.on_stall = [&] {
    engine_.Report({7, manager_.Descriptor(7).generation, woken == 0 ? 1u : 4u});
  };
  manager_.RunUntilDone();
  EXPECT_EQ(woken, 3);
}

TEST_F(ManagerTest, AnyNumberBelowSixteenMillionIsWatched) {
  for (const int descriptor : {0, 150'000, 16'000'000}) {
    manager_.Spawn([this, descriptor] {
      DescriptorEntry& entry = manager_.Descriptor(descriptor);
      EXPECT_EQ(manager_.Watch(descriptor, entry), 0);
      engine_.Report({descriptor, entry.generation, 1u /* EPOLLIN */});
      EXPECT_EQ(manager_.WaitFor(descriptor, entry, 1u, SteadyTime::Infinite(), "test"),
                WakeReason::kReady);
    });
  }
  manager_.RunUntilDone();
  EXPECT_EQ(engine_.watched(), (std::set<int>{0, 150'000, 16'000'000}));
}

TEST_F(ManagerTest, DumpTellsWhatEachWaitsFor) {
  SpawnOptions options;
  options.name = "meter";
  std::string dump;
  manager_.Spawn([&] { Sleep(absl::Seconds(5)); }, options);
  manager_.Spawn([&] {
    Sleep(absl::Seconds(2));
    dump = manager_.Dump();
  });
  manager_.RunUntilDone();
  EXPECT_NE(dump.find("meter waiting for sleep since 2.000 s"), std::string::npos) << dump;
  EXPECT_NE(dump.find("coroutine running"), std::string::npos) << dump;
}

TEST_F(ManagerTest, TrimGivesBackWhatABurstNeeded) {
  for (int i = 0; i < 1500; ++i) {
    manager_.Spawn([&] { Sleep(absl::Seconds(1)); });
  }
  manager_.RunUntilDone();
  EXPECT_GE(manager_.stats().capacity, 1500u);
  EXPECT_EQ(manager_.stats().stacks[1].high_water, 1500u);
  manager_.Trim();
  EXPECT_EQ(manager_.stats().capacity, 500u);
  int ran = 0;
  for (int i = 0; i < 700; ++i) manager_.Spawn([&] { ++ran; });
  manager_.RunUntilDone();
  EXPECT_EQ(ran, 700);
}

TEST_F(ManagerTest, ShutdownCancelsWhatWaits) {
  int ended = 0;
  for (int i = 0; i < 10; ++i) {
    manager_.Spawn([&] {
      manager_.SleepUntil(SteadyTime::Infinite());
      ++ended;
    });
  }
  EXPECT_EQ(manager_.Shutdown(absl::Seconds(5)), 0u);
  EXPECT_EQ(ended, 10);
}

int Recurse(int depth) {
  volatile char frame[1024];
  frame[0] = static_cast<char>(depth);
  return depth > 100'000 ? 0 : Recurse(depth + 1) + frame[0];
}

TEST(ManagerDeathTest, AStackOverflowIsReportedByName) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer reports it";
  const auto overflow = [] {
    const SystemClock clock;
    EpollEngine engine;
    Manager manager({}, clock, engine);
    SpawnOptions options;
    options.name = "greedy parser";
    manager.Spawn([] {}, options);
    manager.Spawn([] { std::exit(Recurse(0)); }, options);
    manager.RunUntilDone();
  };
  EXPECT_DEATH(overflow(), "'greedy parser' overflowed its stack of 60 KiB");
}

TEST(ManagerThreadTest, WorkFromOtherThreadsArrivesInOrder) {
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  std::vector<int> seen;
  std::thread runner([&] { manager.Run(); });
  std::thread poster([&] {
    for (int i = 0; i < 1000; ++i) {
      manager.Post([&seen, i] { seen.push_back(i); });
    }
  });
  poster.join();
  manager.Stop();
  runner.join();
  ASSERT_EQ(seen.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
}

TEST(ManagerThreadTest, StopCancelsWhatWaits) {
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  std::thread runner([&] { manager.Run(); });
  manager.Post(
      [&manager] { manager.Spawn([&manager] { manager.SleepUntil(SteadyTime::Infinite()); }); });
  manager.Stop();
  runner.join();
}

TEST_F(ManagerTest, NamesTheLongestRun) {
  const auto runs = [this](absl::Duration each) {
    for (int i = 0; i < 100; ++i) {
      clock_.Advance(each);
      manager_.Yield();
    }
  };
  manager_.Spawn([&] { runs(absl::Milliseconds(2)); }, {.name = "brisk"});
  manager_.Spawn([&] { runs(absl::Milliseconds(7)); }, {.name = "sluggish"});
  manager_.Spawn([&] { runs(absl::Milliseconds(3)); }, {.name = "brisk"});
  manager_.RunUntilDone();
  EXPECT_STREQ(manager_.stats().longest_run.name, "sluggish");
  EXPECT_EQ(manager_.stats().longest_run.lasted, absl::Milliseconds(7));
}

// Tells when its thread is about to sleep, and others have been told that it does.
class DrowsyEngine final : public EventEngine {
 public:
  std::function<void()> on_sleep;
  std::atomic<int> wakes{0};

  int Watch(int descriptor, uint32_t generation) override {
    return engine_.Watch(descriptor, generation);
  }
  void Forget(int descriptor) override { engine_.Forget(descriptor); }
  size_t Wait(absl::Duration timeout, std::span<DescriptorEvent> events) override {
    if (timeout == absl::InfiniteDuration()) on_sleep();
    return engine_.Wait(timeout, events);
  }
  void Wake() override {
    ++wakes;
    engine_.Wake();
  }
  void AbandonAfterFork() override { engine_.AbandonAfterFork(); }

 private:
  EpollEngine engine_;
};

void PostFromAnotherThread(Manager& manager, int count, int& done) {
  std::thread([&] {
    for (int i = 0; i < count; ++i) manager.Post([&done] { ++done; });
  }).join();
}

TEST(ManagerWakeTest, AThousandPiecesOfWorkForASleepingThreadCostOneWrite) {
  const SystemClock clock;
  DrowsyEngine engine;
  Manager manager({}, clock, engine);
  int done = 0;
  engine.on_sleep = [&] {
    PostFromAnotherThread(manager, 1000, done);
    manager.Post([&manager] { manager.Stop(); });
  };
  manager.Run();
  EXPECT_EQ(done, 1000);
  EXPECT_EQ(manager.stats().wakes, 1002u);  // and two of Stop
  EXPECT_EQ(manager.stats().bells, 1u);
  EXPECT_EQ(engine.wakes, 1);
}

TEST(ManagerWakeTest, WorkForAThreadThatIsAwakeCostsNoWrite) {
  const SystemClock clock;
  DrowsyEngine engine;
  Manager manager({}, clock, engine);
  int done = 0;
  manager.Spawn([&] { PostFromAnotherThread(manager, 1000, done); });
  manager.RunUntilDone();
  EXPECT_EQ(done, 1000);
  EXPECT_EQ(manager.stats().bells, 0u);
  EXPECT_EQ(engine.wakes, 0);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
