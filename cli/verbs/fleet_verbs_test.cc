#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/testing/command_line_test_base.h"
#include "common/document/sha256.h"

namespace understudy::cli {
namespace {

using config_vault::v1::Assignment;
using config_vault::v1::Failover;
using failover_orchestrator::v1::DutyStatus;
using membership::v1::Member;

Failover DoneFailover() {
  Failover failover;
  failover.set_id("gate-1");
  failover.set_duty_id("gate");
  failover.set_from_station("gate-1");
  failover.set_to_station("spare-2");
  failover.set_verdict(type::v1::VERDICT_CRASHED);
  failover.set_state(Failover::STATE_DONE);
  failover.mutable_stages()->mutable_detect()->set_nanos(312'000'000);
  failover.mutable_stages()->mutable_decide()->set_nanos(90'000);
  failover.mutable_stages()->mutable_claim()->set_nanos(1'100'000);
  failover.mutable_stages()->mutable_activate()->set_nanos(800'000);
  failover.mutable_stages()->mutable_running()->set_nanos(650'000);
  failover.mutable_stages()->mutable_recovery()->set_nanos(2'640'000);
  failover.mutable_verdict_at()->set_seconds(1'700'000'000);
  failover.set_document_sha256(Sha256ToBytes(Sha256Of("x")));
  failover.set_running_sha256(failover.document_sha256());
  return failover;
}

class FleetVerbsTest : public CommandLineTestBase {
 protected:
  FleetVerbsTest() {
    Member* gate = AddMember("gate-1", type::v1::STATION_KIND_DEPLOYMENT, Member::STATE_ALIVE);
    gate->set_duty_id("gate");
    gate->mutable_indicators()->set_cpu_used(0.07);
    gate->mutable_indicators()->set_memory_used(0.4);
    gate->mutable_indicators()->set_disk_used(0.61);
    (*gate->mutable_capabilities()->mutable_counts())["npu.tops"] = 8;
    (*gate->mutable_capabilities()->mutable_counts())["camera.rtsp"] = 16;
    gate->add_children()->set_alive(true);
    gate->add_children();
    Member* spare = AddMember("spare-2", type::v1::STATION_KIND_BACKUP, Member::STATE_FAILED);
    spare->set_verdict(type::v1::VERDICT_CRASHED);
    DutyStatus* duty = site_.status.add_duties();
    duty->mutable_duty()->set_id("gate");
    duty->mutable_duty()->mutable_assignment()->set_station_id("gate-1");
    duty->mutable_duty()->mutable_assignment()->set_state(Assignment::STATE_RUNNING);
    duty->set_document_revision(12);
    duty->set_document_sha256(Sha256ToBytes(Sha256Of("x")));
    duty->add_spares()->set_station_id("spare-1");
  }
  Member* AddMember(const char* id, type::v1::StationKind kind, Member::State state) {
    Member* member = site_.members.add_members();
    member->set_station_id(id);
    member->set_kind(kind);
    member->set_state(state);
    return member;
  }
};

TEST_F(FleetVerbsTest, StationsShowsWhoIsHereAndHowTheyAre) {
  EXPECT_EQ(Run({"stations"}), 0);
  EXPECT_EQ(out_,
            "STATION  KIND        STATE             DUTY  CPU  MEMORY  DISK  DEVICES  FAULTS  "
            "CAPABILITIES\n"
            "gate-1   deployment  alive             gate  7 %    40 %  61 %      1/2  -       "
            "camera.rtsp: 16, npu.tops: 8\n"
            "spare-2  backup      failed (crashed)  -       -       -     -        -  -       "
            "-\n");
}

TEST_F(FleetVerbsTest, StationsInJsonIsTheServicesAnswer) {
  EXPECT_EQ(Run({"stations", "-o", "json"}), 0);
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["members"][0]["station_id"], "gate-1");
  EXPECT_EQ(json["members"][1]["verdict"], "VERDICT_CRASHED");
}

TEST_F(FleetVerbsTest, OneStationIsShownInFull) {
  *site_.member.mutable_member() = site_.members.members(1);
  site_.member.mutable_member()->mutable_evidence()->set_summary("3 beats missed");
  EXPECT_EQ(Run({"stations", "spare-2"}), 0);
  EXPECT_NE(out_.find("evidence  3 beats missed\n"), std::string::npos) << out_;
}

TEST_F(FleetVerbsTest, DutiesShowsWhoRunsThemAndWhoCouldWithWarnings) {
  site_.status.add_warnings("duty gate: spare-1 does not hold the document");
  EXPECT_EQ(Run({"duties"}), 0);
  EXPECT_EQ(out_,
            "DUTY  RUNS ON  REVISION  SHA-256       SPARES\n"
            "gate  gate-1         12  2d711642b726  spare-1 (not staged)\n"
            "! duty gate: spare-1 does not hold the document\n");
  EXPECT_EQ(Run({"duties", "gate"}), 0);
  EXPECT_NE(out_.find("spare       spare-1, 0 left over, not staged\n"), std::string::npos) << out_;
  EXPECT_EQ(Run({"duties", "no-such"}), 4);
}

TEST_F(FleetVerbsTest, StatusShowsTheCheckpointStoreOfASiteThatHasOne) {
  EXPECT_EQ(Run({"status"}), 0);
  EXPECT_EQ(out_.find("checkpoint-store"), std::string::npos) << out_;
  EXPECT_EQ(Run({"status", "--checkpoints", "d:4"}), 0);
  EXPECT_NE(out_.find("checkpoint-store       d:4             serving"), std::string::npos) << out_;
  EXPECT_EQ(Run({"status", "-o", "json", "--checkpoints", "d:4"}), 0);
  EXPECT_EQ(nlohmann::json::parse(out_)["checkpoint_store"]["address"], "d:4");
}

TEST_F(FleetVerbsTest, StatusShowsEveryControlNodeAndItsRole) {
  site_.role.set_role(config_vault::v1::ROLE_SENTINEL);
  site_.role.set_epoch(12);
  site_.roles["b:1"].set_role(config_vault::v1::ROLE_ROOT);
  site_.roles["b:1"].set_epoch(12);
  EXPECT_EQ(Run({"status", "--vault", "a:1,b:1,c:1", "--membership", "a:2", "--orchestrator",
                 "a:3"}),
            0);
  EXPECT_NE(out_.find("config-vault           b:1      serving  root, epoch 12\n"),
            std::string::npos)
      << out_;
  EXPECT_NE(out_.find("config-vault           c:1      serving  sentinel, epoch 12\n"),
            std::string::npos)
      << out_;
  EXPECT_EQ(Run({"status", "-o", "json", "--vault", "a:1,b:1"}), 0);
  EXPECT_NE(out_.find("\"role\": \"ROLE_ROOT\""), std::string::npos) << out_;
}

TEST_F(FleetVerbsTest, StatusIsOneScreenAndCheckTurnsWarningsIntoAnExitCode) {
  site_.role.set_role(config_vault::v1::ROLE_ROOT);
  site_.role.set_epoch(3);
  EXPECT_EQ(Run({"status", "--check"}), 0);
  EXPECT_NE(out_.find("2 stations: 1 alive, 1 failed; 1 with a duty, 0 backups ready\n"),
            std::string::npos)
      << out_;
  EXPECT_NE(out_.find("config-vault           127.0.0.1:7102  serving  root, epoch 3\n"),
            std::string::npos)
      << out_;
  site_.status.add_warnings("duty gate waits");
  EXPECT_EQ(Run({"status"}), 0);
  EXPECT_EQ(Run({"status", "--check"}), 1);
  site_.status.clear_warnings();
  site_.health = "NOT_SERVING";
  EXPECT_EQ(Run({"status", "--check"}), 1);
  EXPECT_NE(err_.find("config-vault at 127.0.0.1:7102 is not well: not-serving"),
            std::string::npos)
      << err_;
}

TEST_F(FleetVerbsTest, FailoversAreListedWithTheirStages) {
  *site_.failovers.add_failovers() = DoneFailover();
  EXPECT_EQ(Run({"failovers", "list"}), 0);
  EXPECT_EQ(out_,
            "FAILOVER  CAUSE    FROM    TO       STATE  DETECT  DECIDE    CLAIM  ACTIVATE  RUNNING "
            " RECOVERY  VERDICT AT\n"
            "gate-1    crashed  gate-1  spare-2  done   312 ms   90 µs  1.10 ms    800 µs   650 µs "
            "  2.64 ms  2023-11-14 22:13:20 UTC\n");
  site_.failovers.clear_failovers();
  EXPECT_EQ(Run({"failovers", "list"}), 0);
  EXPECT_EQ(err_, "No failover yet.\n");
}

TEST_F(FleetVerbsTest, AFailoverInFullSaysWhetherTheDocumentIsIdentical) {
  *site_.failover.mutable_failover() = DoneFailover();
  EXPECT_EQ(Run({"failovers", "show", "gate-1"}), 0);
  EXPECT_NE(out_.find("(identical)\n"), std::string::npos) << out_;
  site_.failover.mutable_failover()->set_running_sha256(std::string(32, 'y'));
  EXPECT_EQ(Run({"failovers", "show", "gate-1"}), 0);
  EXPECT_NE(out_.find("(DIFFERENT)\n"), std::string::npos) << out_;
}

TEST_F(FleetVerbsTest, WatchedFailoversComeOneALine) {
  site_.failover_changes.resize(2);
  Failover* waiting = site_.failover_changes[0].mutable_failover();
  waiting->set_id("gate-1");
  waiting->set_from_station("gate-1");
  waiting->set_state(Failover::STATE_WAITING);
  waiting->set_verdict(type::v1::VERDICT_SELF_REPORTED);
  waiting->set_note("no backup fits");
  *site_.failover_changes[1].mutable_failover() = DoneFailover();
  EXPECT_EQ(Run({"failovers", "watch", "--count", "2"}), 0);
  EXPECT_EQ(out_,
            "gate-1  waiting  gate-1 -> ?  self-reported  no backup fits\n"
            "gate-1  done  gate-1 -> spare-2  crashed  detect 312 ms, decide 90 µs, claim 1.10 ms, "
            "activate 800 µs, running 650 µs, recovery 2.64 ms\n");
}

TEST_F(FleetVerbsTest, ADrillIsDoneOrOnlyPlanned) {
  *site_.drill.mutable_failover() = DoneFailover();
  site_.drill.mutable_failover()->set_drill(true);
  EXPECT_EQ(Run({"drill", "gate-1"}), 0);
  EXPECT_EQ(site_.drill_request.station_id(), "gate-1");
  EXPECT_FALSE(site_.drill_request.dry_run());
  EXPECT_NE(out_.find("gate-1 -> spare-2  drill"), std::string::npos) << out_;
  EXPECT_EQ(Run({"drill", "gate-1", "--dry-run"}), 0);
  EXPECT_TRUE(site_.drill_request.dry_run());
  EXPECT_EQ(out_,
            "spare-2 would take gate over, revision 0, sha-256 2d711642b726. Nothing was done.\n");
}

TEST_F(FleetVerbsTest, AStationLeavesThroughItsAgent) {
  EXPECT_EQ(Run({"station", "leave", "--agent", "127.0.0.1:9", "--reason", "battery"}), 0);
  EXPECT_EQ(site_.called, std::vector<std::string>{"127.0.0.1:9"});
  EXPECT_EQ(site_.leave_reason, "battery");
  EXPECT_EQ(Run({"station", "leave", "gate-1"}), 2) << "no site file knows its agent";
  site_.agent_status.set_station_id("gate-1");
  site_.agent_status.set_joined(true);
  EXPECT_EQ(Run({"station", "status"}), 0);
  EXPECT_EQ(site_.called.back(), "127.0.0.1:7105");
  EXPECT_NE(out_.find("joined        yes\n"), std::string::npos) << out_;
}

TEST_F(FleetVerbsTest, AStationsCoroutinesTellWhatTheyWaitFor) {
  auto* coroutine = site_.coroutines.add_coroutines();
  coroutine->set_id(4294967297);
  coroutine->set_name("meter");
  coroutine->set_state("waiting");
  coroutine->set_waits_for("recv");
  coroutine->set_file_descriptor(12);
  site_.coroutines.set_total(3);
  EXPECT_EQ(Run({"station", "coroutines", "--agent", "127.0.0.1:9"}), 0);
  EXPECT_NE(out_.find("meter      waiting  recv on 12"), std::string::npos) << out_;
  EXPECT_NE(out_.find("1 of 3 are shown.\n"), std::string::npos) << out_;
}

}  // namespace
}  // namespace understudy::cli
