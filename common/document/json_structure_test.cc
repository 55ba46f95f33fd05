#include "common/document/json_structure.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(JsonStructureTest, HasNoPathAtTheTop) {
  JsonStructure structure(2);
  EXPECT_EQ(structure.path(), "");
  structure.Scalar();
  EXPECT_EQ(structure.path(), "");
}

TEST(JsonStructureTest, NamesTheValueBeingRead) {
  JsonStructure structure(8);
  structure.BeginObject();
  structure.Key("cameras");
  structure.BeginArray();
  structure.Scalar();
  structure.Scalar();
  structure.BeginObject();
  structure.Key("rtsp");
  EXPECT_EQ(structure.path(), "/cameras/2/rtsp");
  structure.End();
  structure.End();
  EXPECT_EQ(structure.path(), "/cameras");
}

TEST(JsonStructureTest, EscapesWhatAPointerReserves) {
  JsonStructure structure(8);
  structure.BeginObject();
  structure.Key("a/b~c");
  EXPECT_EQ(structure.path(), "/a~1b~0c");
}

TEST(JsonStructureTest, RefusesAKeyOfTheSameObjectTwice) {
  JsonStructure structure(8);
  structure.BeginObject();
  EXPECT_TRUE(structure.Key("a"));
  structure.BeginObject();
  EXPECT_TRUE(structure.Key("a"));
  structure.End();
  EXPECT_FALSE(structure.Key("a"));
  EXPECT_EQ(structure.path(), "/a");
}

TEST(JsonStructureTest, RefusesToGoDeeperThanTheLimit) {
  JsonStructure structure(2);
  EXPECT_TRUE(structure.BeginArray());
  EXPECT_TRUE(structure.BeginObject());
  structure.Key("a");
  EXPECT_FALSE(structure.BeginArray());
  EXPECT_EQ(structure.path(), "/0/a");
}

TEST(JsonStructureTest, KeepsItsPathShort) {
  JsonStructure structure(8);
  structure.BeginObject();
  structure.Key(std::string(100'000, 'x'));
  EXPECT_EQ(structure.path().size(), 256u);
}

}  // namespace
}  // namespace understudy
