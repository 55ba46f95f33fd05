#include "services/station_agent/runtime/coroutine/coroutine_pool.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace understudy::station_agent::runtime {
namespace {

Coroutine* TakeReady(CoroutinePool& pool) {
  Coroutine* coroutine = pool.Take();
  if (coroutine != nullptr) coroutine->state = CoroutineState::kReady;
  return coroutine;
}

TEST(CoroutinePoolTest, BeginsWithFiveHundredAndDoubles) {
  CoroutinePool pool(10'000);
  EXPECT_EQ(pool.capacity(), 500u);
  for (int i = 0; i < 500; ++i) ASSERT_NE(TakeReady(pool), nullptr);
  EXPECT_EQ(pool.capacity(), 500u);
  TakeReady(pool);
  EXPECT_EQ(pool.capacity(), 1000u);
}

TEST(CoroutinePoolTest, StopsAtItsBound) {
  CoroutinePool pool(700);
  std::set<Coroutine*> all;
  for (int i = 0; i < 700; ++i) all.insert(TakeReady(pool));
  EXPECT_EQ(all.size(), 700u);
  EXPECT_EQ(TakeReady(pool), nullptr);
  pool.Recycle(*all.begin());
  EXPECT_EQ(TakeReady(pool), *all.begin());
}

TEST(CoroutinePoolTest, RecognisesAStaleId) {
  CoroutinePool pool(10);
  Coroutine* first = TakeReady(pool);
  const CoroutineId id = pool.IdOf(first);
  EXPECT_EQ(pool.Find(id), first);
  pool.Recycle(first);
  EXPECT_EQ(pool.Find(id), nullptr);
  Coroutine* second = TakeReady(pool);
  EXPECT_EQ(second, first);
  EXPECT_EQ(pool.Find(id), nullptr);
  EXPECT_EQ(pool.Find(pool.IdOf(second)), second);
  EXPECT_EQ(pool.Find(0), nullptr);
  EXPECT_EQ(pool.Find(~CoroutineId{0}), nullptr);
}

TEST(CoroutinePoolTest, ShrinksToWhatLives) {
  CoroutinePool pool(100'000);
  std::vector<Coroutine*> all;
  for (int i = 0; i < 9000; ++i) all.push_back(TakeReady(pool));
  EXPECT_EQ(pool.capacity(), 16'000u);
  while (all.size() > 600) {
    pool.Recycle(all.back());
    all.pop_back();
  }
  EXPECT_TRUE(pool.Shrink());
  EXPECT_EQ(pool.capacity(), 1000u);
  EXPECT_FALSE(pool.Shrink());
  std::set<Coroutine*> again(all.begin(), all.end());
  for (int i = 0; i < 9000; ++i) again.insert(TakeReady(pool));
  EXPECT_EQ(again.size(), 9600u);
  EXPECT_EQ(pool.live(), 9600u);
  EXPECT_EQ(pool.high_water(), 9600u);
}

TEST(CoroutinePoolTest, VisitsWhatLives) {
  CoroutinePool pool(100);
  Coroutine* kept = TakeReady(pool);
  pool.Recycle(TakeReady(pool));
  int visits = 0;
  pool.ForEach([&](const Coroutine& coroutine) {
    ++visits;
    EXPECT_EQ(&coroutine, kept);
  });
  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
