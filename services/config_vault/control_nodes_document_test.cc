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

TEST(ControlNodesDocumentTest, AdmitsANodeOrChangesItsAddresses) {
  std::vector<ControlNode> nodes = {Node("control-1")};
  EXPECT_TRUE(AdmitControlNode(Node("control-2"), nodes).ok());
  ControlNode moved = Node("control-2");
  moved.beats = "elsewhere:7112";
  EXPECT_TRUE(AdmitControlNode(moved, nodes).ok());
  EXPECT_EQ(nodes, (std::vector<ControlNode>{Node("control-1"), moved}));
}

TEST(ControlNodesDocumentTest, RefusesANodeAtAnothersAddress) {
  const ControlNode first = Node("control-1");
  std::vector<ControlNode> sharing(4, Node("control-2"));
  sharing[0].addresses.vault = first.addresses.vault;
  sharing[1].addresses.membership = first.addresses.membership;
  sharing[2].addresses.orchestrator = first.addresses.orchestrator;
  sharing[3].beats = first.beats;
  for (const ControlNode& node : sharing) {
    std::vector<ControlNode> nodes = {first};
    const absl::Status status = AdmitControlNode(node, nodes);
    EXPECT_EQ(ErrorReason(status), "ADDRESS_TAKEN");
    EXPECT_EQ(ErrorMetadata(status)["node"], "control-1");
    EXPECT_EQ(nodes, std::vector<ControlNode>{first});
  }
}

TEST(ControlNodesDocumentTest, AdmitsNoMoreNodesThanThereMayBe) {
  std::vector<ControlNode> nodes;
  for (size_t i = 0; i < kMaxControlNodes; ++i) {
    EXPECT_TRUE(AdmitControlNode(Node("control-" + std::to_string(i)), nodes).ok());
  }
  EXPECT_EQ(ErrorReason(AdmitControlNode(Node("one-more"), nodes)), "TOO_MANY_NODES");
  EXPECT_TRUE(AdmitControlNode(Node("control-0"), nodes).ok()) << "which is there already";
}

TEST(ControlNodesDocumentTest, DismissesAnyNodeButTheRoot) {
  std::vector<ControlNode> nodes = {Node("control-1"), Node("control-2")};
  EXPECT_EQ(ErrorReason(DismissControlNode("control-1", "control-1", nodes)), "NODE_IS_ROOT");
  EXPECT_EQ(ErrorReason(DismissControlNode("control-3", "control-1", nodes)), "NODE_NOT_FOUND");
  EXPECT_TRUE(DismissControlNode("control-2", "control-1", nodes).ok());
  EXPECT_EQ(nodes, std::vector<ControlNode>{Node("control-1")});
}

}  // namespace
}  // namespace understudy::config_vault
