#include "services/config_vault/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

TEST(WorkerPoolTest, RunsEverythingThatWasPostedBeforeItStops) {
  std::atomic<int> ran = 0;
  WorkerPool pool({.threads = 3});
  for (int i = 0; i < 100; ++i) pool.Post([&] { ++ran; });
  pool.Stop();
  EXPECT_EQ(ran, 100);
}

TEST(WorkerPoolTest, RunsNothingThatIsPostedLater) {
  WorkerPool pool({.threads = 1});
  pool.Stop();
  bool ran = false;
  pool.Post([&] { ran = true; });
  EXPECT_EQ(ErrorReason(pool.Admit(0)), "SHUTTING_DOWN");
  EXPECT_FALSE(ran);
}

TEST(WorkerPoolTest, RefusesWhatIsOverItsLimits) {
  absl::Notification release;
  absl::Notification started;
  WorkerPool pool({.threads = 1, .max_waiting = 2, .max_waiting_bytes = 100});
  pool.Post([&] {
    started.Notify();
    release.WaitForNotification();
  });
  started.WaitForNotification();
  EXPECT_TRUE(pool.Admit(100).ok());
  EXPECT_EQ(ErrorReason(pool.Admit(101)), "OVERLOADED");
  pool.Post([] {}, 60);
  EXPECT_TRUE(pool.Admit(40).ok());
  EXPECT_EQ(ErrorReason(pool.Admit(41)), "OVERLOADED");
  pool.Post([] {}, 1);
  EXPECT_EQ(ErrorReason(pool.Admit(0)), "OVERLOADED");
  release.Notify();
}

}  // namespace
}  // namespace understudy::config_vault
