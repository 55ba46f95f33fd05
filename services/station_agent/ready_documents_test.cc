#include "services/station_agent/ready_documents.h"

#include <gtest/gtest.h>

namespace understudy::station_agent {
namespace {

const Sha256 kOne = Sha256Of("one");
const Sha256 kOther = Sha256Of("other");

TEST(ReadyDocumentsTest, HasADocumentUnderItsOwnHashAlone) {
  ReadyDocuments ready(100);
  ready.Put("gate", kOne, "one");
  ASSERT_NE(ready.Find("gate", kOne), nullptr);
  EXPECT_EQ(*ready.Find("gate", kOne), "one");
  EXPECT_EQ(ready.Find("gate", kOther), nullptr);
  EXPECT_EQ(ready.Find("kitchen", kOne), nullptr);
}

TEST(ReadyDocumentsTest, HasTheLatestOfADuty) {
  ReadyDocuments ready(100);
  ready.Put("gate", kOne, "one");
  ready.Put("gate", kOther, "other");
  EXPECT_EQ(ready.Find("gate", kOne), nullptr);
  EXPECT_EQ(*ready.Find("gate", kOther), "other");
}

TEST(ReadyDocumentsTest, HoldsNoMoreThanItsLimit) {
  ReadyDocuments ready(10);
  ready.Put("gate", kOne, "12345678");
  ready.Put("kitchen", kOther, "123");
  EXPECT_EQ(ready.Find("kitchen", kOther), nullptr);
  ready.Drop("gate");
  ready.Put("kitchen", kOther, "123");
  EXPECT_NE(ready.Find("kitchen", kOther), nullptr);
}

}  // namespace
}  // namespace understudy::station_agent
