#include <gtest/gtest.h>

#include "cli/testing/command_line_test_base.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

class ControlVerbsTest : public CommandLineTestBase {
 protected:
  config_vault::v1::ControlNodeState& AddNode(const char* id) {
    auto* state = site_.nodes.add_nodes();
    state->mutable_node()->set_id(id);
    state->mutable_node()->mutable_addresses()->set_vault(std::string(id) + ":7102");
    state->set_epoch(42);
    state->set_following(true);
    state->set_household_whole(true);
    state->mutable_heard_ago()->set_nanos(12'000'000);
    return *state;
  }
};

TEST_F(ControlVerbsTest, ListShowsRoleEpochAndLagOfEachNode) {
  auto& root = AddNode("control-1");
  root.set_is_root(true);
  root.set_self(true);
  auto& behind = AddNode("control-2");
  behind.set_behind(7);
  behind.set_household_whole(false);
  AddNode("control-3").clear_heard_ago();
  EXPECT_EQ(Run({"control", "list"}), 0) << err_;
  EXPECT_EQ(out_,
            "NODE       ROLE      EPOCH  LAG  HOUSEHOLD  HEARD        VAULT\n"
            "control-1  root         42    0  whole      answers      control-1:7102\n"
            "control-2  sentinel     42    7  not whole  12.0 ms ago  control-2:7102\n"
            "control-3  -             -    -  -          never        control-3:7102\n");
}

TEST_F(ControlVerbsTest, ANodeThatIsSilentIsNotCalledASentinel) {
  AddNode("control-1").mutable_heard_ago()->set_seconds(4);
  EXPECT_EQ(Run({"control", "list"}), 0) << err_;
  EXPECT_NE(out_.find("control-1  silent"), std::string::npos) << out_;
}

TEST_F(ControlVerbsTest, HandoverSaysWhoIsRootNow) {
  site_.hand_over.set_root("control-2");
  site_.hand_over.set_epoch(43);
  EXPECT_EQ(Run({"control", "handover", "control-2"}), 0) << err_;
  EXPECT_EQ(site_.hand_over_request.to(), "control-2");
  EXPECT_EQ(out_, "control-2 is root under epoch 43.\n");
}

TEST_F(ControlVerbsTest, AddPassesTheAddressesOn) {
  EXPECT_EQ(Run({"control", "add", "control-4", "--at-vault", "d:1", "--at-membership", "d:2",
                 "--at-orchestrator", "d:3", "--at-beats", "d:4"}),
            0)
      << err_;
  const auto& node = site_.add_node_request.node();
  EXPECT_EQ(node.id(), "control-4");
  EXPECT_EQ(node.addresses().vault(), "d:1");
  EXPECT_EQ(node.addresses().membership(), "d:2");
  EXPECT_EQ(node.addresses().orchestrator(), "d:3");
  EXPECT_EQ(node.beats(), "d:4");
}

TEST_F(ControlVerbsTest, RemoveNamesTheNode) {
  EXPECT_EQ(Run({"control", "remove", "control-3"}), 0) << err_;
  EXPECT_EQ(site_.remove_node_request.id(), "control-3");
  EXPECT_EQ(out_, "control-3 is removed; stop its services.\n");
}

}  // namespace
}  // namespace understudy::cli
