#include "tests/linearizability/document_model.h"

#include <gtest/gtest.h>

namespace understudy::linearizability {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

const DocumentState kNothing;
const DocumentState kAt5 = {.value = "x", .revision = 5};
const DocumentState kAfter5 = {.value = "x", .revision = 5, .revision_is_older = true};
const DocumentState kDeletedAt5 = {.revision = 5};

Operation Put(const std::string& value, std::optional<uint64_t> revision,
              std::optional<uint64_t> expected = std::nullopt) {
  return {.kind = Kind::kPut,
          .outcome = revision.has_value() ? Outcome::kDone : Outcome::kUnknown,
          .value = value,
          .expected_revision = expected,
          .revision = revision};
}
Operation Refused(uint64_t expected, std::optional<uint64_t> current) {
  return {.kind = Kind::kPut,
          .outcome = Outcome::kRefused,
          .value = "y",
          .expected_revision = expected,
          .revision = current};
}
Operation Get(std::optional<std::string> value, std::optional<uint64_t> revision = std::nullopt) {
  return {.kind = Kind::kGet, .outcome = Outcome::kDone, .value = value, .revision = revision};
}

TEST(DocumentModelTest, AWriteMakesAGreaterRevision) {
  EXPECT_EQ(Apply(kNothing, Put("x", 5)), kAt5);
  EXPECT_EQ(Apply(kAt5, Put("y", 9)), (DocumentState{.value = "y", .revision = 9}));
  EXPECT_EQ(Apply(kAt5, Put("y", 5)), std::nullopt);
  EXPECT_EQ(Apply(kAt5, Put("y", 4)), std::nullopt);
}

TEST(DocumentModelTest, TheSameContentKeepsItsRevision) {
  EXPECT_EQ(Apply(kAt5, Put("x", 5)), kAt5);
  EXPECT_EQ(Apply(kAt5, Put("x", std::nullopt)), kAt5);
}

TEST(DocumentModelTest, AWriteHappensOnlyAtTheRevisionThatItExpects) {
  EXPECT_TRUE(Apply(kAt5, Put("y", 6, 5)).has_value());
  EXPECT_FALSE(Apply(kAt5, Put("y", 6, 4)).has_value());
  EXPECT_FALSE(Apply(kAt5, Put("y", 6, 0)).has_value());
  EXPECT_TRUE(Apply(kNothing, Put("y", 6, 0)).has_value());
  EXPECT_TRUE(Apply(kDeletedAt5, Put("y", 6, 0)).has_value()) << "a deleted document is none";
  EXPECT_TRUE(Apply(kDeletedAt5, Put("y", 6, 5)).has_value());
}

TEST(DocumentModelTest, AReadSeesWhatThereIs) {
  EXPECT_EQ(Apply(kAt5, Get("x", 5)), kAt5);
  EXPECT_EQ(Apply(kAt5, Get("x")), kAt5);
  EXPECT_FALSE(Apply(kAt5, Get("y", 5)).has_value());
  EXPECT_FALSE(Apply(kAt5, Get("x", 4)).has_value());
  EXPECT_FALSE(Apply(kAt5, Get(std::nullopt)).has_value());
  EXPECT_EQ(Apply(kNothing, Get(std::nullopt)), kNothing);
}

TEST(DocumentModelTest, ARefusalNamesAnotherRevisionThanTheExpectedOne) {
  EXPECT_EQ(Apply(kAt5, Refused(4, 5)), kAt5);
  EXPECT_FALSE(Apply(kAt5, Refused(5, 5)).has_value());
  EXPECT_FALSE(Apply(kAt5, Refused(4, 6)).has_value());
  EXPECT_FALSE(Apply(kAt5, Refused(5, std::nullopt)).has_value());
  EXPECT_EQ(Apply(kDeletedAt5, Refused(4, 5)), kDeletedAt5);
  EXPECT_FALSE(Apply(kDeletedAt5, Refused(0, 5)).has_value()) << "there was none: it must succeed";
  Operation unconditional = Refused(0, 5);
  unconditional.expected_revision.reset();
  EXPECT_FALSE(Apply(kAt5, unconditional).has_value()) << "nothing could stand against it";
}

TEST(DocumentModelTest, AWriteOfUnknownNumberIsLaterThanAllThatIsKnown) {
  EXPECT_EQ(Apply(kAt5, Put("y", std::nullopt)),
            (DocumentState{.value = "y", .revision = 5, .revision_is_older = true}));
  EXPECT_EQ(Apply(kAfter5, Get("x", 7)), (DocumentState{.value = "x", .revision = 7}));
  EXPECT_FALSE(Apply(kAfter5, Get("x", 5)).has_value());
  EXPECT_TRUE(Apply(kAfter5, Put("y", 9, 7)).has_value()) << "7 may be its number";
  EXPECT_FALSE(Apply(kAfter5, Put("y", 9, 5)).has_value()) << "5 is not";
  EXPECT_TRUE(Apply(kAfter5, Refused(5, 8)).has_value());
}

TEST(DocumentModelTest, ADeletionLeavesNothing) {
  const Operation remove = {.kind = Kind::kDelete, .outcome = Outcome::kDone, .revision = 8};
  EXPECT_EQ(Apply(kAt5, remove), (DocumentState{.revision = 8}));
}

}  // namespace
}  // namespace understudy::linearizability
