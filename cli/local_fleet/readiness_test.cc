#include "cli/local_fleet/readiness.h"

#include <gtest/gtest.h>

namespace understudy::cli {
namespace {

using config_vault::v1::Assignment;
using failover_orchestrator::v1::DutyStatus;
using failover_orchestrator::v1::GetStatusResponse;
using membership::v1::ListResponse;
using membership::v1::Member;

// gate-1 with duty gate, and two backups that can take it.
struct Site {
  Site() {
    const CapabilitySet needs = *ParseCapabilitySet("camera.rtsp: 2");
    stations = {{.id = "gate-1", .capabilities = needs, .duty = DutySpec{"gate", needs}},
                {.id = "spare-1", .capabilities = needs},
                {.id = "spare-2", .capabilities = needs}};
    for (const StationSpec& station : stations) {
      Member* member = members.add_members();
      member->set_station_id(station.id);
      member->set_state(Member::STATE_ALIVE);
    }
    DutyStatus* duty = duties.add_duties();
    duty->mutable_duty()->set_id("gate");
    duty->mutable_duty()->mutable_assignment()->set_station_id("gate-1");
    duty->mutable_duty()->mutable_assignment()->set_state(Assignment::STATE_RUNNING);
    duty->set_document_revision(3);
    for (const char* spare : {"spare-1", "spare-2"}) {
      duty->add_spares()->set_station_id(spare);
      duty->mutable_spares()->rbegin()->set_staged(true);
    }
  }
  std::string Problem() const { return NotReadyBecause(stations, members, duties); }
  DutyStatus& duty() { return *duties.mutable_duties(0); }

  std::vector<StationSpec> stations;
  ListResponse members;
  GetStatusResponse duties;
};

TEST(ReadinessTest, IsReachedWhenAllRunAndEveryBackupHoldsTheDocuments) {
  EXPECT_EQ(Site().Problem(), "");
}

TEST(ReadinessTest, LacksAStationThatIsNotAlive) {
  Site site;
  site.members.mutable_members(1)->set_state(Member::STATE_EXPECTED);
  EXPECT_EQ(site.Problem(), "station spare-1 is not alive");
}

TEST(ReadinessTest, LacksADutyThatIsUnknownOrDoesNotRunOrHasNoDocument) {
  Site site;
  site.duty().set_document_revision(0);
  EXPECT_EQ(site.Problem(), "duty gate has no document yet");
  site.duty().mutable_duty()->mutable_assignment()->set_state(Assignment::STATE_CLAIMED);
  EXPECT_EQ(site.Problem(), "duty gate does not run");
  site.duties.clear_duties();
  EXPECT_EQ(site.Problem(), "duty gate is not known");
}

TEST(ReadinessTest, LacksASpareThatIsNotListedOrHoldsNothingYet) {
  Site site;
  site.duty().mutable_spares(1)->set_staged(false);
  EXPECT_EQ(site.Problem(), "spare-2 does not hold gate yet");
  site.duty().mutable_spares()->RemoveLast();
  EXPECT_EQ(site.Problem(), "not every backup is ready for duty gate");
}

TEST(ReadinessTest, DoesNotWaitForABackupThatCarriesADutyFromEarlier) {
  Site site;
  site.duty().mutable_spares()->RemoveLast();
  site.duty().mutable_duty()->mutable_assignment()->set_station_id("spare-2");
  EXPECT_EQ(site.Problem(), "");
}

}  // namespace
}  // namespace understudy::cli
