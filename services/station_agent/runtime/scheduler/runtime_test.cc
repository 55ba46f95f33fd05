#include "services/station_agent/runtime/scheduler/runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <semaphore>
#include <set>
#include <string>
#include <thread>

#include "common/testing/eventually.h"
#include "common/time/system_clock.h"
#include "services/station_agent/runtime/sync/future.h"
#include "services/station_agent/runtime/sync/offload.h"
#include "services/station_agent/runtime/sync/sync.h"

namespace understudy::station_agent::runtime {
namespace {

RuntimeOptions WithThreads(int threads, Placement placement = Placement::kLeastLoaded) {
  RuntimeOptions options;
  options.threads = threads;
  options.placement = placement;
  return options;
}

TEST(RuntimeTest, RunsWhatOtherThreadsSpawn) {
  const SystemClock clock;
  Runtime runtime(WithThreads(2), clock);
  WaitGroup group;
  std::atomic<int> ran{0};
  group.Add(1000);
  for (int i = 0; i < 1000; ++i) {
    runtime.Spawn([&] {
      ++ran;
      group.Done();
    });
  }
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_EQ(ran, 1000);
}

TEST(RuntimeTest, RoundRobinUsesAllThreadsAndPinningOne) {
  const SystemClock clock;
  Runtime runtime(WithThreads(3, Placement::kRoundRobin), clock);
  Mutex mutex;
  std::set<int> seen;
  std::set<int> pinned;
  WaitGroup group;
  group.Add(18);
  for (int i = 0; i < 9; ++i) {
    runtime.Spawn([&] {
      {
        const MutexGuard guard(mutex);
        seen.insert(Manager::Current()->number());
      }
      group.Done();
    });
    runtime.Spawn(
        [&] {
          {
            const MutexGuard guard(mutex);
            pinned.insert(Manager::Current()->number());
          }
          group.Done();
        },
        {}, 1);
  }
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(pinned, std::set<int>{runtime.manager(1).number()});
}

TEST(RuntimeTest, LeastLoadedAvoidsTheBusyThread) {
  const SystemClock clock;
  Runtime runtime(WithThreads(2), clock);
  WaitGroup parked;
  parked.Add(100);
  for (int i = 0; i < 100; ++i) {
    runtime.Spawn(
        [&] {
          parked.Done();
          Manager::Current()->SleepUntil(SteadyTime::Infinite());
        },
        {}, 0);
  }
  ASSERT_TRUE(parked.Wait().ok());
  runtime.Stats();  // each thread has gone through its loop
  runtime.Stats();
  for (int i = 0; i < 10; ++i) {
    Promise<int> where;
    runtime.Spawn([where] { where.Set(Manager::Current()->number()); });
    EXPECT_EQ(where.future().Get().value(), runtime.manager(1).number());
  }
}

TEST(RuntimeTest, HandsWorkInAndGetsResultsOut) {
  const SystemClock clock;
  Runtime runtime(WithThreads(1), clock);
  Promise<int> question;
  Promise<std::string> answer;
  runtime.Spawn([=] { answer.Set(std::to_string(question.future().Get().value() + 1)); });
  question.Set(41);
  EXPECT_EQ(answer.future().Get().value(), "42");
}

TEST(RuntimeTest, OffloadedWorkDoesNotKeepTheThread) {
  const SystemClock clock;
  Runtime runtime(WithThreads(1), clock);
  std::binary_semaphore release(0);
  Promise<int> result;
  runtime.Spawn([&] {
    result.Set(Offload([&] {
      release.acquire();
      return 5;
    }));
  });
  runtime.Spawn([&] { release.release(); });  // runs although the first one waits
  EXPECT_EQ(result.future().Get().value(), 5);
}

TEST(RuntimeTest, StopCancelsAndWaits) {
  const SystemClock clock;
  Runtime runtime(WithThreads(2), clock);
  std::atomic<int> cancelled{0};
  WaitGroup begun;
  begun.Add(20);
  for (int i = 0; i < 20; ++i) {
    runtime.Spawn([&] {
      begun.Done();
      if (Manager::Current()->SleepUntil(SteadyTime::Infinite()) == WakeReason::kCancelled) {
        ++cancelled;
      }
    });
  }
  ASSERT_TRUE(begun.Wait().ok());
  EXPECT_EQ(runtime.Stop(), 0u);
  EXPECT_EQ(cancelled, 20);
  EXPECT_EQ(runtime.Stop(), 0u);
}

// Who handed it in may still be on the way out.
TEST(RuntimeTest, GoesAsSoonAsTheLastWorkIsDone) {
  const SystemClock clock;
  for (int i = 0; i < 100; ++i) {
    auto runtime = std::make_unique<Runtime>(WithThreads(1), clock);
    std::binary_semaphore done{0};
    std::thread other(
        [&manager = runtime->manager(0), &done] { manager.Post([&done] { done.release(); }); });
    done.acquire();
    runtime.reset();
    other.join();
  }
}

TEST(RuntimeTest, ALoopThatNeverWaitsSeesThatItIsCancelled) {
  const SystemClock clock;
  Runtime runtime(WithThreads(1), clock);
  std::binary_semaphore began{0};
  runtime.Spawn([&] {
    EXPECT_FALSE(IsCancelled());
    began.release();
    while (!IsCancelled()) Yield();
  });
  began.acquire();
  EXPECT_EQ(runtime.Stop(), 0u);
}

TEST(RuntimeTest, WhatIsSpawnedAfterStopIsDropped) {
  const SystemClock clock;
  Runtime runtime(WithThreads(1), clock);
  EXPECT_TRUE(runtime.Spawn([] {}));
  runtime.Stop();
  const auto kept = std::make_shared<int>(5);
  EXPECT_FALSE(runtime.Spawn([kept] {}));
  EXPECT_EQ(kept.use_count(), 1);
  EXPECT_EQ(runtime.Stats()[0].waiting, 0u);
  EXPECT_EQ(runtime.Dump(), "");
}

TEST(RuntimeTest, WhoIsBornWhileAllAreCancelledIsCancelledToo) {
  const SystemClock clock;
  Runtime runtime(WithThreads(1), clock);
  WakeReason reason = WakeReason::kPending;
  WaitGroup begun;
  begun.Add(1);
  runtime.Spawn([&] {
    begun.Done();
    Manager& manager = *Manager::Current();
    manager.SleepUntil(SteadyTime::Infinite());
    manager.Spawn([&] { reason = Manager::Current()->SleepUntil(SteadyTime::Infinite()); });
  });
  ASSERT_TRUE(begun.Wait().ok());
  EXPECT_EQ(runtime.Stop(), 0u);
  EXPECT_EQ(reason, WakeReason::kCancelled);
}

TEST(RuntimeTest, GivesMemoryBackAlthoughSomebodyLooksAroundNowAndAgain) {
  const SystemClock clock;
  RuntimeOptions options = WithThreads(1);
  options.trim_after = absl::Milliseconds(50);
  Runtime runtime(options, clock);
  runtime.Spawn([] {
    while (PauseFor(absl::Milliseconds(5))) {
    }
  });
  WaitGroup burst;
  burst.Add(1000);
  for (int i = 0; i < 1000; ++i) {
    runtime.Spawn([&] {
      burst.Done();
      static_cast<void>(burst.Wait());
    });
  }
  ASSERT_TRUE(burst.Wait().ok());
  EXPECT_TRUE(understudy::testing::Eventually(
      [&] { return runtime.Stats()[0].capacity == CoroutinePool::kFirstCapacity; }));
}

TEST(RuntimeTest, ReportsABlockedThreadByName) {
  const SystemClock clock;
  RuntimeOptions options = WithThreads(1);
  options.hog_limit = absl::Milliseconds(20);
  Promise<std::string> reported;
  options.on_hog = [&](const HogReport& report) {
    reported.Set(report.name + (report.kind == HogKind::kBlocks ? " blocks" : " computes"));
  };
  Runtime runtime(options, clock);
  std::binary_semaphore release(0);
  SpawnOptions named;
  named.name = "bad driver";
  runtime.Spawn([&] { release.acquire(); }, named);  // no hook covers a semaphore
  EXPECT_EQ(reported.future().Get().value(), "bad driver blocks");
  release.release();
  EXPECT_GE(runtime.hogs(), 1u);
}

TEST(RuntimeTest, ReportsAComputingThreadByName) {
  const SystemClock clock;
  RuntimeOptions options = WithThreads(1);
  options.hog_limit = absl::Milliseconds(20);
  Promise<std::string> reported;
  options.on_hog = [&](const HogReport& report) { reported.Set(report.name); };
  Runtime runtime(options, clock);
  std::atomic<bool> enough{false};
  SpawnOptions named;
  named.name = InternName("image " + std::to_string(3));
  runtime.Spawn(
      [&] {
        while (!enough) {
        }
      },
      named);
  EXPECT_EQ(reported.future().Get().value(), "image 3");
  enough = true;
}

TEST(RuntimeTest, TellsWhatRunsAndWaits) {
  const SystemClock clock;
  Runtime runtime(WithThreads(2), clock);
  WaitGroup begun;
  begun.Add(4);
  SpawnOptions named;
  named.name = "valve";
  for (int i = 0; i < 4; ++i) {
    runtime.Spawn(
        [&] {
          begun.Done();
          Manager::Current()->SleepUntil(SteadyTime::Infinite());
        },
        named);
  }
  ASSERT_TRUE(begun.Wait().ok());
  uint32_t waiting = 0;
  for (const ManagerStats& stats : runtime.Stats()) waiting += stats.waiting;
  EXPECT_EQ(waiting, 4u);
  EXPECT_NE(runtime.Dump().find("valve waiting for sleep"), std::string::npos);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
