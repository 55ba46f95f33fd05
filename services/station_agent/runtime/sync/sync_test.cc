#include "services/station_agent/runtime/sync/sync.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/time/simulated_clock.h"
#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/epoll_engine.h"
#include "services/station_agent/runtime/scheduler/manager.h"
#include "services/station_agent/runtime/scheduler/testing/fake_event_engine.h"
#include "services/station_agent/runtime/sync/channel.h"
#include "services/station_agent/runtime/sync/future.h"

namespace understudy::station_agent::runtime {
namespace {

class SyncTest : public testing::Test {
 protected:
  SteadyTime In(absl::Duration duration) { return clock_.SteadyNow() + duration; }
  void Sleep(absl::Duration duration) { manager_.SleepUntil(In(duration)); }

  SimulatedClock clock_;
  FakeEventEngine engine_{clock_};
  Manager manager_{{}, clock_, engine_};
};

// Whoever has claimed a wait reads the waiter until it has notified it.
TEST(WaiterTest, AThreadWhoseWaitIsClaimedStaysUntilItIsNotified) {
  Waiter waiter("a test");
  ASSERT_TRUE(waiter.Claim(WakeReason::kReady));
  std::atomic<bool> notified = false;
  std::thread notifier([&] {
    notified = true;
    waiter.Notify();
  });
  EXPECT_EQ(waiter.Wait(SteadyTime()), WakeReason::kReady);
  EXPECT_TRUE(notified);
  notifier.join();
}

TEST_F(SyncTest, MutexServesInOrderOfArrival) {
  Mutex mutex;
  std::string order;
  for (const char name : {'a', 'b', 'c'}) {
    manager_.Spawn([&, name] {
      const MutexGuard guard(mutex);
      Sleep(absl::Seconds(1));
      order += name;
    });
  }
  manager_.RunUntilDone();
  EXPECT_EQ(order, "abc");
  EXPECT_TRUE(mutex.TryLock());
}

TEST_F(SyncTest, WaitingForAMutexIsNotCancelled) {
  Mutex mutex;
  bool locked = false;
  mutex.Lock();
  const CoroutineId id = manager_.Spawn([&] {
    const MutexGuard guard(mutex);
    locked = true;
  });
  manager_.Spawn([&, id] {
    manager_.Cancel(id);
    Sleep(absl::Seconds(1));
    EXPECT_FALSE(locked);
    mutex.Unlock();
  });
  manager_.RunUntilDone();
  EXPECT_TRUE(locked);
}

TEST_F(SyncTest, ConditionVariableWakesOneOrAll) {
  Mutex mutex;
  ConditionVariable condition;
  int woken = 0;
  for (int i = 0; i < 3; ++i) {
    manager_.Spawn([&] {
      const MutexGuard guard(mutex);
      EXPECT_TRUE(condition.Wait(mutex).ok());
      ++woken;
    });
  }
  manager_.Spawn([&] {
    condition.NotifyOne();
    Sleep(absl::Seconds(1));
    EXPECT_EQ(woken, 1);
    condition.NotifyAll();
    Sleep(absl::Seconds(1));
    EXPECT_EQ(woken, 3);
    const MutexGuard guard(mutex);
    EXPECT_EQ(condition.Wait(mutex, In(absl::Seconds(1))).code(),
              absl::StatusCode::kDeadlineExceeded);
  });
  manager_.RunUntilDone();
}

TEST_F(SyncTest, SemaphoreBoundsHowManyAreInside) {
  Semaphore semaphore(2);
  int inside = 0;
  int most = 0;
  for (int i = 0; i < 10; ++i) {
    manager_.Spawn([&] {
      ASSERT_TRUE(semaphore.Acquire().ok());
      most = std::max(most, ++inside);
      Sleep(absl::Seconds(1));
      --inside;
      semaphore.Release();
    });
  }
  manager_.RunUntilDone();
  EXPECT_EQ(most, 2);
}

TEST_F(SyncTest, ASemaphoreWaitThatTimedOutTakesNothing) {
  Semaphore semaphore(0);
  manager_.Spawn([&] {
    EXPECT_FALSE(semaphore.Acquire(In(absl::Seconds(1))).ok());
    semaphore.Release();
    EXPECT_TRUE(semaphore.TryAcquire());
    EXPECT_FALSE(semaphore.TryAcquire());
  });
  manager_.RunUntilDone();
}

TEST_F(SyncTest, WaitGroupWaitsForAll) {
  WaitGroup group;
  int done = 0;
  group.Add(5);
  for (int i = 0; i < 5; ++i) {
    manager_.Spawn([&, i] {
      Sleep(absl::Seconds(i));
      ++done;
      group.Done();
    });
  }
  manager_.Spawn([&] {
    EXPECT_TRUE(group.Wait().ok());
    EXPECT_EQ(done, 5);
  });
  manager_.RunUntilDone();
}

TEST_F(SyncTest, GateRefusesNewOnesAndWaitsForTheRest) {
  Gate gate;
  bool left = false;
  manager_.Spawn([&] {
    ASSERT_TRUE(gate.Enter());
    Sleep(absl::Seconds(1));
    EXPECT_FALSE(gate.Enter());
    left = true;
    gate.Leave();
  });
  manager_.Spawn([&] {
    EXPECT_TRUE(gate.Close().ok());
    EXPECT_TRUE(left);
    EXPECT_TRUE(gate.closed());
  });
  manager_.RunUntilDone();
}

TEST_F(SyncTest, ChannelKeepsOrderAndItsBound) {
  Channel<int> channel(3);
  std::vector<int> received;
  manager_.Spawn([&] {
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(channel.Send(i).ok());
      EXPECT_LE(channel.size(), 3u);
    }
    channel.Close();
  });
  manager_.Spawn([&] {
    while (true) {
      const auto value = channel.Receive();
      if (!value.ok()) {
        EXPECT_EQ(value.status().code(), absl::StatusCode::kUnavailable);
        return;
      }
      received.push_back(*value);
    }
  });
  manager_.RunUntilDone();
  ASSERT_EQ(received.size(), 20u);
  EXPECT_EQ(received[19], 19);
}

TEST_F(SyncTest, AChannelReceiverCanTimeOutAndBeCancelled) {
  Channel<int> channel(1);
  const CoroutineId id = manager_.Spawn([&] {
    EXPECT_EQ(channel.Receive(In(absl::Seconds(1))).status().code(),
              absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(channel.Receive().status().code(), absl::StatusCode::kCancelled);
  });
  manager_.Spawn([&, id] {
    Sleep(absl::Seconds(2));
    manager_.Cancel(id);
    Sleep(absl::Seconds(1));
    EXPECT_TRUE(channel.TrySend(1));
    EXPECT_FALSE(channel.TrySend(2));
    EXPECT_FALSE(channel.Send(2, In(absl::Seconds(1))).ok());
  });
  manager_.RunUntilDone();
}

TEST_F(SyncTest, AFutureDeliversToEachWhoWaits) {
  Promise<int> promise;
  int sum = 0;
  for (int i = 0; i < 3; ++i) {
    manager_.Spawn([&, future = promise.future()] { sum += future.Get().value(); });
  }
  manager_.Spawn([&] {
    promise.Set(7);
    promise.Set(8);
  });
  manager_.RunUntilDone();
  EXPECT_EQ(sum, 21);
}

// Coroutines on two threads and an ordinary thread share everything.
TEST(SyncAcrossThreadsTest, ThreadsAndCoroutinesOfTwoManagersCount) {
  const SystemClock clock;
  EpollEngine engines[2];
  Manager first({}, clock, engines[0]);
  Manager second({}, clock, engines[1]);
  Mutex mutex;
  Channel<int> channel(4);
  WaitGroup group;
  int count = 0;
  int64_t sum = 0;
  const auto work = [&](Manager* manager) {
    for (int i = 0; i < 300; ++i) {
      {
        const MutexGuard guard(mutex);
        const int before = count;
        if (manager != nullptr && i % 10 == 0) manager->Yield();
        count = before + 1;
      }
      ASSERT_TRUE(channel.Send(i).ok());
    }
    group.Done();
  };
  constexpr int kEach = 5;
  group.Add(2 * kEach + 1);
  std::thread runners[2] = {std::thread([&] { first.Run(); }), std::thread([&] { second.Run(); })};
  for (Manager* manager : {&first, &second}) {
    manager->Post([&, manager] {
      for (int i = 0; i < kEach; ++i) manager->Spawn([&, manager] { work(manager); });
    });
  }
  std::thread ordinary([&] { work(nullptr); });
  for (int i = 0; i < 300 * (2 * kEach + 1); ++i) sum += channel.Receive().value();
  EXPECT_TRUE(group.Wait().ok());
  ordinary.join();
  first.Stop();
  second.Stop();
  for (std::thread& runner : runners) runner.join();
  EXPECT_EQ(count, 300 * (2 * kEach + 1));
  EXPECT_EQ(sum, int64_t{300} * 299 / 2 * (2 * kEach + 1));
}

}  // namespace
}  // namespace understudy::station_agent::runtime
