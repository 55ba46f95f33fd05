#include "common/time/steady_cond_var.h"

#include <gtest/gtest.h>

#include <thread>

namespace understudy {
namespace {

TEST(SteadyCondVarTest, AWaitEndsWhenItsTimeIsOver) {
  absl::Mutex mutex;
  SteadyCondVar condition;
  absl::MutexLock lock(&mutex);
  while (!condition.WaitWithTimeout(&mutex, absl::Milliseconds(1))) {
  }
}

TEST(SteadyCondVarTest, AWaitWithoutEndEndsWithASignal) {
  absl::Mutex mutex;
  SteadyCondVar condition;
  bool ready = false;
  std::thread other([&] {
    absl::MutexLock lock(&mutex);
    ready = true;
    condition.Signal();
  });
  {
    absl::MutexLock lock(&mutex);
    while (!ready) EXPECT_FALSE(condition.WaitWithTimeout(&mutex, absl::InfiniteDuration()));
  }
  other.join();
}

TEST(SteadyCondVarTest, ASignalToAllWakesAll) {
  absl::Mutex mutex;
  SteadyCondVar condition;
  bool ready = false;
  const auto wait = [&] {
    absl::MutexLock lock(&mutex);
    while (!ready) condition.Wait(&mutex);
  };
  std::thread one(wait);
  std::thread two(wait);
  {
    absl::MutexLock lock(&mutex);
    ready = true;
    condition.SignalAll();
  }
  one.join();
  two.join();
}

}  // namespace
}  // namespace understudy
