#ifndef UNDERSTUDY_CLI_DEMO_STAGE_H_
#define UNDERSTUDY_CLI_DEMO_STAGE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/clients/clients.h"
#include "cli/demo/report.h"
#include "cli/demo/site_observer.h"
#include "cli/local_fleet/local_fleet.h"

namespace understudy::cli {

// A running local fleet with what the demonstration, the tests and the benchmark do to it: fail
// stations, wait for what must come of it, and prove that it did. Not thread-safe.
class Stage {
 public:
  using Failover = config_vault::v1::Failover;
  using Interrupted = std::function<bool()>;

  // `fleet` and `clients` must outlive the stage; `stations` are those that run already.
  static absl::StatusOr<std::unique_ptr<Stage>> Open(LocalFleet& fleet, ClientFactory& clients,
                                                     const std::vector<StationSpec>& stations,
                                                     SiteObserver::Listener listener,
                                                     Interrupted interrupted);

  // The station that runs the duty, as far as this stage has seen it move.
  const std::string& RunsOn(const std::string& duty) const { return duties_.at(duty).station; }
  // What the duty's document was at the beginning.
  const std::string& OriginalDocument(const std::string& duty) const {
    return duties_.at(duty).document;
  }

  absl::Status AwaitReady(const std::vector<StationSpec>& stations, absl::Duration timeout);

  // Both processes of a station, the agent first, so that it cannot tell of the other.
  absl::Status SignalStation(const std::string& station, int signal);
  absl::Status RestartStation(const std::string& station);
  absl::Status AddStation(const StationSpec& station);
  absl::Status Leave(const std::string& station, const std::string& reason);

  // Waits until the duty's next failover is in `state`.
  absl::StatusOr<Failover> AwaitFailover(const std::string& duty, Failover::State state,
                                         absl::Duration timeout);
  // Waits until the duty runs elsewhere, notes where, and checks all that must hold then.
  // `bound` is that of the recovery stage. Problems are in the result; an error means that the duty
  // did not move at all.
  absl::StatusOr<StepResult> AwaitMove(const std::string& duty, const std::string& what,
                                       absl::Duration bound, absl::Duration timeout);
  // Waits until the station, back again, waits for a duty: a backup, well, running nothing, and
  // holding the documents that it may inherit.
  absl::Status AwaitSpare(const std::string& station, absl::Duration timeout);
  absl::Status AwaitAlive(const std::string& station, absl::Duration timeout);

  // Duties that do not run, or not where they should, and stations of `bystanders` that are not
  // alive: one sentence each.
  std::vector<std::string> Disorder(const std::vector<std::string>& bystanders);

  LocalFleet& fleet() { return fleet_; }
  OrchestratorClient& orchestrator() { return *orchestrator_; }
  VaultClient& vault() { return *vault_; }
  MembershipClient& membership() { return *membership_; }
  SiteObserver& observer() { return *observer_; }

  // Waits until it is so. DEADLINE_EXCEEDED DID_NOT_HAPPEN names `what`; CANCELLED when
  // interrupted.
  absl::Status Await(absl::Duration timeout, const std::string& what,
                     const std::function<bool()>& condition);
  // The backups that the duty may go to now.
  std::vector<std::string> SparesOf(const std::string& duty);

 private:
  struct Duty {
    std::string station;
    std::string document;
    uint64_t assignment_number = 1;
  };

  Stage(LocalFleet& fleet, ClientFactory& clients, Interrupted interrupted)
      : fleet_(fleet), clients_(clients), interrupted_(std::move(interrupted)) {}

  bool HoldsWhatItMayInherit(const std::string& station);
  // Empty, or what is wrong with what runs now.
  std::string CheckMove(const Failover& failover, const Duty& duty);
  absl::StatusOr<std::string> VaultDocument(const std::string& duty);

  LocalFleet& fleet_;
  ClientFactory& clients_;
  const Interrupted interrupted_;
  std::unique_ptr<VaultClient> vault_;
  std::unique_ptr<MembershipClient> membership_;
  std::unique_ptr<OrchestratorClient> orchestrator_;
  // Clients of their own: ending the observer ends their watches.
  std::unique_ptr<MembershipClient> watched_membership_;
  std::unique_ptr<OrchestratorClient> watched_orchestrator_;
  std::map<std::string, Duty> duties_;
  // After the clients, which it uses.
  std::unique_ptr<SiteObserver> observer_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_STAGE_H_
