#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "cli/testing/command_line_test_base.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

namespace v1 = checkpoint_store::v1;

class CheckpointVerbsTest : public CommandLineTestBase {
 protected:
  CheckpointVerbsTest() { std::ofstream(file_) << "factory"; }

  static v1::Device MakeDevice(const std::string& id) {
    v1::Device device;
    device.set_device_id(id);
    device.set_state(v1::DEVICE_STATE_ACTIVE);
    device.set_generation(41);
    device.set_cycles(40);
    device.set_size(2048);
    device.mutable_last_cycle()->set_seconds(1'700'000'000);
    device.mutable_interval()->set_seconds(20);
    device.mutable_battery()->set_percent(87.5);
    return device;
  }

  const std::string file_ = std::string(std::getenv("TEST_TMPDIR")) + "/factory.bin";
};

TEST_F(CheckpointVerbsTest, EnrolSendsTheIdentifierAndTheFactoryConfiguration) {
  site_.enrol.set_device_id("meter-1");
  EXPECT_EQ(Run({"checkpoint", "enrol", "00112233445566778899aabbccddeeff", file_, "--id",
                 "meter-1"}),
            0);
  EXPECT_EQ(out_, "meter-1 is enrolled, with 7 B of factory configuration\n");
  EXPECT_EQ(site_.enrol_request.identifier(), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(site_.enrol_request.sha256(), Sha256ToBytes(Sha256Of("factory")));
  EXPECT_EQ(site_.called.back(), "127.0.0.1:7104");
}

TEST_F(CheckpointVerbsTest, ListShowsEveryPage) {
  v1::ListResponse page;
  *page.add_devices() = MakeDevice("meter-1");
  page.set_next_page_token("more");
  site_.devices.push_back(page);
  page.Clear();
  *page.add_devices() = MakeDevice("meter-2");
  site_.devices.push_back(page);
  EXPECT_EQ(Run({"checkpoint", "list"}), 0);
  EXPECT_NE(out_.find("meter-1  active          41      40  2.00 KiB  2023-11-14 22:13:20 UTC"),
            std::string::npos)
      << out_;
  EXPECT_NE(out_.find("meter-2"), std::string::npos);
  EXPECT_NE(out_.find("87.5 %"), std::string::npos);
}

TEST_F(CheckpointVerbsTest, OverdueSaysWhenNobodyIs) {
  EXPECT_EQ(Run({"checkpoint", "overdue"}), 0);
  EXPECT_EQ(out_, "No device is overdue.\n");
}

TEST_F(CheckpointVerbsTest, ShowTellsOfNamesAndWhatIsStaged) {
  *site_.device.mutable_device() = MakeDevice("meter-1");
  site_.device.add_checkpoints()->set_name("night");
  site_.device.mutable_staged()->set_operator_name("anna");
  site_.device.set_identifier_bits(128);
  EXPECT_EQ(Run({"checkpoint", "show", "meter-1"}), 0);
  EXPECT_NE(out_.find("night: generation"), std::string::npos) << out_;
  EXPECT_NE(out_.find("waits for the device"), std::string::npos) << out_;
  EXPECT_NE(out_.find("128 bits"), std::string::npos) << out_;
}

TEST_F(CheckpointVerbsTest, GenerationsListsThemOrPrintsOne) {
  site_.generations.add_generations()->set_generation(41);
  EXPECT_EQ(Run({"checkpoint", "generations", "meter-1"}), 0);
  EXPECT_NE(out_.find("41"), std::string::npos) << out_;
  site_.checkpoint.set_content("bytes");
  EXPECT_EQ(Run({"checkpoint", "generations", "meter-1", "--get", "41"}), 0);
  EXPECT_EQ(out_, "bytes");
}

TEST_F(CheckpointVerbsTest, StageWithdrawAndRevokeSayWhatTheyDid) {
  site_.stage.mutable_staged()->set_size(7);
  EXPECT_EQ(Run({"checkpoint", "stage", "meter-1", file_, "--name", "night",
                 "--expect-generation", "41"}),
            0);
  EXPECT_EQ(out_, "7 B wait for meter-1, to be handed out at its next wake-up\n");
  EXPECT_EQ(site_.stage_request.name(), "night");
  EXPECT_EQ(site_.stage_request.expected_generation(), 41u);
  EXPECT_EQ(Run({"checkpoint", "withdraw", "meter-1"}), 0);
  EXPECT_EQ(out_, "The staged change of meter-1 is withdrawn\n");
  EXPECT_EQ(Run({"checkpoint", "revoke", "meter-1", "--purge"}), 0);
  EXPECT_EQ(out_, "meter-1 is revoked and forgotten\n");
  EXPECT_TRUE(site_.revoke_request.purge());
}

TEST_F(CheckpointVerbsTest, WatchPrintsWhoIsOverdueAndThenEvents) {
  v1::WatchResponse update;
  update.mutable_overdue()->set_total(1);
  update.mutable_overdue()->add_device_ids("meter-9");
  site_.device_events.push_back(update);
  update.mutable_event()->set_kind(v1::Event::KIND_DEAD_POST);
  update.mutable_event()->set_device_id("meter-1");
  update.mutable_event()->set_source("192.0.2.1");
  site_.device_events.push_back(update);
  EXPECT_EQ(Run({"checkpoint", "watch", "--count", "1"}), 0);
  EXPECT_NE(out_.find("1 device overdue: meter-9\n"), std::string::npos) << out_;
  EXPECT_NE(out_.find("dead-post         meter-1  generation 0  from 192.0.2.1"), std::string::npos)
      << out_;
}

TEST_F(CheckpointVerbsTest, ARefusalIsToldWithItsReason) {
  site_.failure = MakeError(absl::StatusCode::kNotFound, "DEVICE_NOT_FOUND", "there is no device");
  EXPECT_NE(Run({"checkpoint", "show", "nobody"}), 0);
  EXPECT_NE(err_.find("there is no device"), std::string::npos) << err_;
}

}  // namespace
}  // namespace understudy::cli
