#include "services/config_vault/control_nodes_document.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

ControlNode Node(const std::string& id) {
  return {.id = id,
          .addresses = {.vault = id + ":7102",
                        .membership = id + ":7101",
                        .orchestrator = id + ":7103"},
          .beats = id + ":7112"};
}

TEST(ControlNodesDocumentTest, ComesBackAsItWasWrittenSortedById) {
  const auto parsed = ParseControlNodes(EncodeControlNodes({Node("control-2"), Node("control-1")}));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, (std::vector<ControlNode>{Node("control-1"), Node("control-2")}));
}

TEST(ControlNodesDocumentTest, SaysWhatIsWrongAndWhere) {
  ControlNode bad = Node("control-2");
  bad.beats = "nowhere";
  for (const std::string& json :
       {std::string("no json"), std::string("[]"), std::string("{}"), std::string("{\"nodes\": 7}"),
        std::string("{\"nodes\": [7]}"), std::string("{\"nodes\": [{}]}"),
        EncodeControlNodes({Node("control-1"), Node("control-1")}), EncodeControlNodes({bad}),
        EncodeControlNodes(std::vector<ControlNode>(kMaxControlNodes + 1, Node("a")))}) {
    EXPECT_EQ(ErrorReason(ParseControlNodes(json).status()), "INVALID_NODE") << json;
  }
  EXPECT_EQ(ParseControlNodes(EncodeControlNodes({bad})).status().message(),
            "control node \"control-2\": beats: expected host:port, found \"nowhere\"");
}

}  // namespace
}  // namespace understudy::config_vault
