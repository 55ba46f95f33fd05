#include "services/station_agent/runtime/coroutine/stack_pool.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace understudy::station_agent::runtime {
namespace {

class StackPoolTest : public testing::TestWithParam<GuardMode> {
 protected:
  void SetUp() override {
    if (GetParam() == GuardMode::kMarker && BestGuardMode() != GuardMode::kMarker) {
      GTEST_SKIP() << "this kernel has no guard markers";
    }
  }
};

size_t MappingCount() {
  std::ifstream maps("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

size_t ResidentPages(char* bottom, size_t size) {
  std::vector<unsigned char> resident(size / 4096);
  EXPECT_EQ(mincore(bottom, size, resident.data()), 0);
  size_t count = 0;
  for (const unsigned char page : resident) count += page & 1;
  return count;
}

TEST_P(StackPoolTest, GivesWritableStacksOfEachClass) {
  StackPool pool(100, GetParam());
  for (int c = 0; c < kStackClasses; ++c) {
    const auto stack_class = static_cast<StackClass>(c);
    char* top = pool.Take(stack_class);
    ASSERT_NE(top, nullptr);
    char* bottom = StackPool::BottomOf(top, stack_class);
    std::memset(bottom, 1, static_cast<size_t>(top - bottom));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(top) % 64, 0u);
    EXPECT_GE(static_cast<size_t>(top - bottom) + 4096, StackPool::UsableSize(stack_class));
    EXPECT_TRUE(pool.Return(top, stack_class));
  }
}

TEST_P(StackPoolTest, HandsTheSameStackOutAgain) {
  StackPool pool(100, GetParam());
  char* top = pool.Take(StackClass::kStandard);
  pool.Return(top, StackClass::kStandard);
  EXPECT_EQ(pool.Take(StackClass::kStandard), top);
  EXPECT_EQ(pool.stats(StackClass::kStandard).high_water, 1u);
}

TEST_P(StackPoolTest, StopsAtItsBound) {
  StackPool pool(3, GetParam());
  for (int i = 0; i < 3; ++i) EXPECT_NE(pool.Take(StackClass::kSmall), nullptr);
  EXPECT_EQ(pool.Take(StackClass::kSmall), nullptr);
}

TEST_P(StackPoolTest, EightyThousandStacksNeedFewMappings) {
  // Sanitizers keep mappings of their own for each.
  if (kSanitized) GTEST_SKIP() << "counts the sanitizer's mappings";
  const size_t before = MappingCount();
  StackPool pool(80'000, GetParam());
  std::set<char*> all;
  for (int i = 0; i < 80'000; ++i) {
    char* top = pool.Take(StackClass::kStandard);
    ASSERT_NE(top, nullptr);
    all.insert(top);
  }
  EXPECT_EQ(all.size(), 80'000u);
  EXPECT_LT(MappingCount() - before, 20'000u);
}

TEST_P(StackPoolTest, GivesThePagesBackAfterABurst) {
  StackPool pool(100, GetParam());
  std::vector<char*> tops;
  for (int i = 0; i < 20; ++i) {
    tops.push_back(pool.Take(StackClass::kStandard));
    std::memset(tops.back() - 8192, 1, 8192);
  }
  for (char* top : tops) pool.Return(top, StackClass::kStandard);
  pool.Trim(2);
  size_t resident = 0;
  for (char* top : tops) {
    char* bottom = StackPool::BottomOf(top, StackClass::kStandard);
    resident += ResidentPages(bottom, StackPool::UsableSize(StackClass::kStandard)) > 0 ? 1 : 0;
  }
  EXPECT_EQ(resident, 2u);
  EXPECT_EQ(pool.Trim(2), 0u);
}

TEST_P(StackPoolTest, TopsDoNotShareOneCacheSet) {
  StackPool pool(100, GetParam());
  std::set<uintptr_t> offsets;
  for (int i = 0; i < 64; ++i) {
    offsets.insert(reinterpret_cast<uintptr_t>(pool.Take(StackClass::kStandard)) % 4096);
  }
  EXPECT_GE(offsets.size(), 16u);
}

INSTANTIATE_TEST_SUITE_P(Modes, StackPoolTest,
                         testing::Values(GuardMode::kMarker, GuardMode::kGroup),
                         [](const testing::TestParamInfo<GuardMode>& parameter) {
                           return parameter.param == GuardMode::kMarker ? "Marker" : "Group";
                         });

TEST(StackPoolCanaryTest, NoticesAnOverflowBetweenGuards) {
  StackPool pool(10, GuardMode::kGroup);
  pool.Take(StackClass::kSmall);  // the first of the group has a guard page
  char* top = pool.Take(StackClass::kSmall);
  *(StackPool::BottomOf(top, StackClass::kSmall) - 8) = 1;
  EXPECT_FALSE(pool.Return(top, StackClass::kSmall));
  EXPECT_EQ(pool.stats(StackClass::kSmall).overflows, 1u);
}

TEST(StackPoolDeathTest, AWriteIntoTheGuardFaults) {
  if (BestGuardMode() != GuardMode::kMarker) GTEST_SKIP() << "this kernel has no guard markers";
  StackPool pool(10, GuardMode::kMarker);
  pool.Take(StackClass::kStandard);
  char* top = pool.Take(StackClass::kStandard);
  char* guard = StackPool::BottomOf(top, StackClass::kStandard) - 8;
  EXPECT_TRUE(StackPool::IsGuard(top, StackClass::kStandard, guard));
  EXPECT_DEATH(*const_cast<volatile char*>(guard) = 1, "");
}

}  // namespace
}  // namespace understudy::station_agent::runtime
