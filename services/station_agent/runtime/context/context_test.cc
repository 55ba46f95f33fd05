#include "services/station_agent/runtime/context/context.h"

#include <fenv.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace understudy::station_agent::runtime {
namespace {

constexpr size_t kStackSize = 256 * 1024;

// Two flows and what passes between them.
struct Pair {
  Context main;
  Context other;
  std::unique_ptr<char[]> stack = std::make_unique<char[]>(kStackSize);
  int steps = 0;
  double seen = 0;
  int rounding = -1;
  int error = 0;
  ExceptionState exceptions;

  void* top() const {
    return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(stack.get() + kStackSize) &
                                   ~uintptr_t{63});
  }
  void ToOther() { understudy_switch_context(&main, &other, &error, &exceptions); }
  void ToMain() { understudy_switch_context(&other, &main, &error, &exceptions); }
};

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST(ContextTest, GoesBackAndForthAndKeepsLocals) {
  Pair pair;
  MakeContext(
      pair.other, pair.top(),
      [](void* argument) {
        auto* p = static_cast<Pair*>(argument);
        for (int i = 1;; ++i) {
          p->steps = i;
          p->ToMain();
        }
      },
      &pair);
  for (int i = 1; i <= 1000; ++i) {
    pair.ToOther();
    ASSERT_EQ(pair.steps, i);
  }
}

TEST(ContextTest, StartsWithAnAlignedStack) {
  Pair pair;
  MakeContext(
      pair.other, pair.top(),
      [](void* argument) {
        auto* p = static_cast<Pair*>(argument);
        // A misaligned stack faults in printf's vector code and shows here.
        alignas(16) char text[64];
        p->steps = static_cast<int>(reinterpret_cast<uintptr_t>(text) % 16);
        p->seen = std::stod(std::to_string(2.5));
        p->ToMain();
      },
      &pair);
  pair.ToOther();
  EXPECT_EQ(pair.steps, 0);
  EXPECT_EQ(pair.seen, 2.5);
}

TEST(ContextTest, KeepsTheRoundingModeOfEachFlow) {
  Pair pair;
  MakeContext(
      pair.other, pair.top(),
      [](void* argument) {
        auto* p = static_cast<Pair*>(argument);
        p->rounding = fegetround();
        fesetround(FE_UPWARD);
        p->ToMain();
        p->rounding = fegetround();
        p->ToMain();
      },
      &pair);
  pair.ToOther();
  EXPECT_EQ(pair.rounding, FE_TONEAREST);
  EXPECT_EQ(fegetround(), FE_TONEAREST);
  fesetround(FE_DOWNWARD);
  pair.ToOther();
  EXPECT_EQ(pair.rounding, FE_UPWARD);
  EXPECT_EQ(fegetround(), FE_DOWNWARD);
  fesetround(FE_TONEAREST);
}

TEST(ContextTest, ANewFlowHasTheRoundingModeOfAProgramsStart) {
  Pair pair;
  fesetround(FE_UPWARD);
  MakeContext(
      pair.other, pair.top(),
      [](void* argument) {
        auto* p = static_cast<Pair*>(argument);
        p->rounding = fegetround();
        p->ToMain();
      },
      &pair);
  EXPECT_EQ(fegetround(), FE_UPWARD);
  pair.ToOther();
  EXPECT_EQ(fegetround(), FE_UPWARD);
  fesetround(FE_TONEAREST);
  EXPECT_EQ(pair.rounding, FE_TONEAREST);
}

TEST(ContextTest, KeepsTheErrorAndTheExceptionsOfEachFlow) {
  Pair pair;
  pair.error = 5;
  pair.exceptions = {&pair, 2};
  MakeContext(
      pair.other, pair.top(),
      [](void* argument) {
        auto* p = static_cast<Pair*>(argument);
        p->steps = p->error == 0 && p->exceptions.caught == nullptr ? 1 : -1;
        p->error = 7;
        p->exceptions = {argument, 1};
        p->ToMain();
        p->steps = p->error == 7 && p->exceptions.uncaught == 1 ? 2 : -2;
        p->ToMain();
      },
      &pair);
  pair.ToOther();
  EXPECT_EQ(pair.steps, 1);
  EXPECT_EQ(pair.error, 5);
  EXPECT_EQ(pair.exceptions.caught, &pair);
  EXPECT_EQ(pair.exceptions.uncaught, 2u);
  pair.ToOther();
  EXPECT_EQ(pair.steps, 2);
}

TEST(ContextTest, ResetsTheRoundingMode) {
  fesetround(FE_UPWARD);
  ResetFloatingPointControl();
  EXPECT_EQ(fegetround(), FE_TONEAREST);
}

#if defined(__x86_64__)
TEST(ContextTest, KeepsTheX87ControlWordOfEachFlow) {
  Pair pair;
  MakeContext(
      pair.other, pair.top(),
      [](void* argument) {
        auto* p = static_cast<Pair*>(argument);
        uint16_t word = 0x027f;  // double precision
        asm volatile("fldcw %0" : : "m"(word));
        p->ToMain();
        asm volatile("fnstcw %0" : "=m"(word));
        p->steps = word;
        p->ToMain();
      },
      &pair);
  pair.ToOther();
  uint16_t word = 0;
  asm volatile("fnstcw %0" : "=m"(word));
  EXPECT_EQ(word, 0x037f);
  pair.ToOther();
  EXPECT_EQ(pair.steps, 0x027f);
}
#endif

#endif  // sanitizers need the annotations that the scheduler makes

TEST(ContextTest, HasAName) {
  std::printf("the switch is \"%s\"\n", ContextName());
  EXPECT_NE(std::string(ContextName()), "");
}

}  // namespace
}  // namespace understudy::station_agent::runtime
