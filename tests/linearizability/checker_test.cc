#include "tests/linearizability/checker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/random/random.h"

namespace understudy::linearizability {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

// [called, answered]; the answer of unknown ones is never.
Operation Put(int64_t called, int64_t answered, const std::string& value, uint64_t revision) {
  return {.kind = Kind::kPut,
          .outcome = Outcome::kDone,
          .called_at = called,
          .answered_at = answered,
          .value = value,
          .revision = revision};
}
Operation Lost(int64_t called, const std::string& value) {
  return {
      .kind = Kind::kPut, .outcome = Outcome::kUnknown, .called_at = called, .value = value};
}
Operation Get(int64_t called, int64_t answered, std::optional<std::string> value) {
  return {.kind = Kind::kGet,
          .outcome = Outcome::kDone,
          .called_at = called,
          .answered_at = answered,
          .value = value};
}
bool IsLinearizable(const History& history) {
  const Verdict verdict = Check({{"a", history}});
  EXPECT_NE(verdict.kind, Verdict::Kind::kUndecided);
  return verdict.kind == Verdict::Kind::kLinearizable;
}

TEST(CheckerTest, NothingAtAllIsLinearizable) {
  EXPECT_TRUE(IsLinearizable({}));
  EXPECT_TRUE(IsLinearizable({Lost(1, "x")}));
}

TEST(CheckerTest, AReadAfterAWriteSeesIt) {
  EXPECT_TRUE(IsLinearizable({Put(1, 2, "x", 1), Get(3, 4, "x")}));
  EXPECT_FALSE(IsLinearizable({Put(1, 2, "x", 1), Get(3, 4, std::nullopt)})) << "a stale read";
  EXPECT_FALSE(IsLinearizable({Get(1, 2, "x"), Put(3, 4, "x", 1)})) << "from the future";
}

TEST(CheckerTest, AReadDuringAWriteSeesItOrNot) {
  EXPECT_TRUE(IsLinearizable({Put(1, 9, "x", 1), Get(3, 4, "x")}));
  EXPECT_TRUE(IsLinearizable({Put(1, 9, "x", 1), Get(3, 4, std::nullopt)}));
  EXPECT_TRUE(IsLinearizable({Put(1, 9, "x", 1), Get(2, 3, std::nullopt), Get(4, 5, "x")}));
  EXPECT_FALSE(IsLinearizable({Put(1, 9, "x", 1), Get(2, 3, "x"), Get(4, 5, std::nullopt)}))
      << "what was seen is not unseen";
}

TEST(CheckerTest, OverlappingWritesTakeTheOrderOfTheirRevisions) {
  EXPECT_TRUE(IsLinearizable({Put(1, 9, "x", 2), Put(1, 9, "y", 1), Get(10, 11, "x")}));
  EXPECT_FALSE(IsLinearizable({Put(1, 9, "x", 2), Put(1, 9, "y", 1), Get(10, 11, "y")}));
  EXPECT_FALSE(IsLinearizable({Put(1, 2, "x", 2), Put(3, 4, "y", 1)})) << "against time";
}

TEST(CheckerTest, AnAcknowledgedWriteThatIsGoneIsFound) {
  EXPECT_FALSE(IsLinearizable(
      {Put(1, 2, "x", 1), Put(3, 4, "y", 2), Get(5, 6, "x"), Get(7, 8, "x")}));
}

TEST(CheckerTest, AWriteWhoseAnswerWasLostMayHappenLate) {
  EXPECT_TRUE(IsLinearizable({Lost(1, "x"), Get(2, 3, std::nullopt), Get(8, 9, "x")}));
  EXPECT_TRUE(IsLinearizable({Lost(1, "x"), Get(2, 3, std::nullopt)})) << "or never";
  EXPECT_FALSE(IsLinearizable({Get(2, 3, "x"), Lost(4, "x")})) << "but not before its call";
  EXPECT_FALSE(IsLinearizable({Lost(1, "x"), Get(2, 3, "x"), Put(4, 5, "y", 9), Get(6, 7, "x")}))
      << "nor twice";
}

TEST(CheckerTest, DocumentsAreJudgedEachByItself) {
  const Verdict verdict = Check({{"a", {Put(1, 2, "x", 1), Get(3, 4, "x")}},
                                 {"b", {Put(1, 2, "x", 2), Get(3, 4, "y")}}});
  EXPECT_EQ(verdict.kind, Verdict::Kind::kNotLinearizable);
  EXPECT_EQ(verdict.explanation.substr(0, 3), "b: ");
  EXPECT_NE(verdict.explanation.find("get"), std::string::npos) << verdict.explanation;
}

TEST(CheckerTest, SaysSoWhenItGivesUp) {
  EXPECT_EQ(Check({{"a", {Put(1, 2, "x", 1), Get(3, 4, "x")}}}, {.max_steps = 1}).kind,
            Verdict::Kind::kUndecided);
}

// Histories made by one register with a lock, with calls and answers spread around the moment at
// which each operation really happened: linearizable by construction.
class RandomHistory {
 public:
  RandomHistory(uint64_t seed, int operations) : random_(seed) {
    for (int i = 0; i < operations; ++i) Add(i * 10);
  }
  History history;

 private:
  void Add(int64_t moment) {
    const bool put = random_.Chance(0.5);
    const bool lost = put && random_.Chance(0.1);
    Operation operation = {.kind = put ? Kind::kPut : Kind::kGet,
                           .outcome = lost ? Outcome::kUnknown : Outcome::kDone,
                           .called_at = moment - static_cast<int64_t>(random_.Below(40)),
                           .answered_at = moment + static_cast<int64_t>(random_.Below(40))};
    const bool happened = put && !(lost && random_.Chance(0.5));
    if (happened) {
      value_ = "v" + std::to_string(++revision_);
    }
    operation.value = put ? "v" + std::to_string(revision_) : value_;
    if (lost && !happened) operation.value = "never " + std::to_string(moment);
    if (!lost && revision_ > 0) operation.revision = revision_;
    history.push_back(operation);
  }

  Random random_;
  std::optional<std::string> value_;
  uint64_t revision_ = 0;
};

TEST(CheckerTest, AcceptsWhatARealRegisterDid) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_TRUE(IsLinearizable(RandomHistory(seed, 60).history)) << "seed " << seed;
  }
}

TEST(CheckerTest, FindsOneWrongReadAmongMany) {
  int found = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    History history = RandomHistory(seed, 60).history;
    const auto first = std::find_if(history.begin(), history.end(), [](const Operation& o) {
      return o.kind == Kind::kPut && o.outcome == Outcome::kDone;
    });
    ASSERT_NE(first, history.end());
    // Long after everything else: what was overwritten long before.
    history.push_back(Get(10'000, 10'001, first->value));
    found += !IsLinearizable(history);
  }
  EXPECT_EQ(found, 50);
}

TEST(CheckerTest, ManyLostAnswersDoNotMakeItSlow) {
  History history;
  for (int i = 0; i < 300; ++i) history.push_back(Lost(i * 10, "lost" + std::to_string(i)));
  for (int i = 0; i < 300; ++i) {
    const uint64_t revision = static_cast<uint64_t>(i) + 1;
    history.push_back(Put(i * 10 + 1, i * 10 + 2, "v" + std::to_string(i), revision));
    history.push_back(Get(i * 10 + 3, i * 10 + 4, "v" + std::to_string(i)));
  }
  history.push_back(Get(9'000, 9'001, "lost7"));
  const Verdict verdict = Check({{"a", history}});
  EXPECT_EQ(verdict.kind, Verdict::Kind::kLinearizable) << verdict.explanation;
  EXPECT_LT(verdict.steps, 100'000u);
}

TEST(CheckerTest, IsQuickOnLongHistories) {
  const Verdict verdict = Check({{"a", RandomHistory(7, 5'000).history}});
  EXPECT_EQ(verdict.kind, Verdict::Kind::kLinearizable) << verdict.explanation;
  EXPECT_LT(verdict.steps, 1'000'000u);
}

}  // namespace
}  // namespace understudy::linearizability
