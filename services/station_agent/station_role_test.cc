#include "services/station_agent/station_role.h"

#include <gtest/gtest.h>

#include <string>

namespace understudy::station_agent {
namespace {

TEST(StationRoleTest, SurvivesTheFile) {
  Sha256 sha256;
  sha256.fill(9);
  StationRole role;
  role.kind = StationKind::kDeployment;
  role.duty = DutyOrder{"gate", {3, 4}, "duties/gate", 17, sha256, false};
  NoteMark(role, "gate", {3, 4});
  NoteMark(role, "pump", {2, 1});
  const auto decoded = DecodeRole(EncodeRole(role));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, role);
}

TEST(StationRoleTest, RefusesAFileThatIsNotOne) {
  for (const char* text : {"", "[]", "{}", "{\"format\":1}", "{\"format\":2,\"kind\":\"backup\"}",
                           "{\"format\":1,\"kind\":\"backup\",\"marks\":{\"a\":3}}",
                           "{\"format\":1,\"kind\":\"backup\",\"marks\":{},\"duty\":{}}"}) {
    EXPECT_FALSE(DecodeRole(text).ok()) << text;
  }
}

TEST(StationRoleTest, KeepsTheMostRecentMarksWithinItsBound) {
  StationRole role;
  for (uint64_t i = 0; i <= kMaxMarks; ++i) NoteMark(role, "duty-" + std::to_string(i), {i, 0});
  EXPECT_EQ(role.marks.size(), kMaxMarks);
  EXPECT_FALSE(role.marks.contains("duty-0"));
}

}  // namespace
}  // namespace understudy::station_agent
