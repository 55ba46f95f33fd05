#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_LOCAL_FLEET_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_LOCAL_FLEET_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/local_fleet/binaries.h"
#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/ports.h"
#include "cli/local_fleet/process_table.h"
#include "cli/local_fleet/service_config_text.h"
#include "cli/local_fleet/site_file.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/local_fleet/station_spec.h"

namespace understudy::cli {

struct FleetOptions {
  // Made when it is not there. What an earlier fleet left in it (data, certificates) is used again.
  std::string directory;
  Binaries binaries;
  ServiceSettings settings;
  // The design's ports (7101 to 7105, 9101 to 9105) where they are free.
  bool usual_ports = false;
  // Of control nodes, where there are several: see PlanControlNodes.
  std::vector<Place> places = {};
  // No process outlives the thread that started it.
  bool dies_with_parent = false;
  absl::Duration start_timeout = absl::Seconds(60);
};

// Services and stations on this machine, each a process of its own under one directory. Not
// thread-safe. Its destructor leaves the processes alone: Stop says when they end.
class LocalFleet {
 public:
  // Makes the directory and the certificates of the control node and the operator. Starts nothing.
  // ALREADY_EXISTS when a fleet runs in the directory.
  static absl::StatusOr<LocalFleet> Create(FleetOptions options);
  // The fleet that another process started in `directory`. NOT_FOUND when there is none.
  static absl::StatusOr<LocalFleet> Open(const std::string& directory);

  // Called before each step of the starts that follow, with what it is.
  void set_on_step(std::function<void(std::string_view)> on_step) { on_step_ = std::move(on_step); }

  // config-vault, membership and failover-orchestrator; each is up when its ports are known.
  absl::Status StartControlNode();
  // The same for `count` control nodes (at least two), each with an etcd member beside it.
  // FAILED_PRECONDITION OTHER_SITE when the directory has the data of a site of another size.
  absl::Status StartControlNodes(size_t count);
  // The one or the other.
  absl::Status StartControl(size_t count) {
    return count == 1 ? StartControlNode() : StartControlNodes(count);
  }
  // "control-1", ...; empty where the only control node has no name.
  std::vector<std::string> ControlNodeIds() const;
  // checkpoint-store, which needs no control node. NOT_FOUND PROGRAM_NOT_FOUND when it is not
  // beside the other programs.
  absl::Status StartCheckpointStore();
  // The agents and then the native processes of `stations`.
  absl::Status StartStations(const std::vector<StationSpec>& stations);

  // Starts a process again that ended, with the ports that it had. `more_arguments` are added to
  // its command line from now on.
  absl::Status Restart(const std::string& name,
                       const std::vector<std::string>& more_arguments = {});
  // NOT_FOUND for an unknown name or a process that is gone.
  absl::Status Signal(const std::string& name, int signal);
  // SIGKILL, and waits until it is gone.
  absl::Status Kill(const std::string& name);

  // The same for all processes of a control node, etcd first: nothing that it still says is heard.
  absl::Status SignalNode(const std::string& node, int signal);
  absl::Status KillNode(const std::string& node);
  // Starts those of them that have ended, and waits until they are up.
  absl::Status RestartNode(const std::string& node);

  // Sends a command to a station's sample native process, e.g. "memory 900000000". UNAVAILABLE when
  // it does not listen.
  absl::Status TellNative(std::string_view station, std::string_view command) const;

  // Stops stations first, the vault last; within `grace` each of them orderly. Returns how many had
  // to be killed.
  int Stop(absl::Duration grace = absl::Seconds(6));

  const SiteAddresses& site() const { return site_; }
  const SiteLayout& layout() const { return layout_; }
  const ProcessTable& processes() const { return processes_; }
  // What a service or an agent listens on.
  absl::StatusOr<PortMap> PortsOf(const std::string& name) const;
  // The file in which a station's native process keeps the document that it runs.
  std::string NativeStateFile(std::string_view station) const;
  bool AnyRuns() const;
  // Names of processes that ended without being asked to, each with the end of its log.
  std::vector<std::string> Casualties() const;

 private:
  // Makes a service's configuration for the ports that it is to ask for.
  using ConfigText = std::function<std::string(const ServicePorts&)>;

  LocalFleet(FleetOptions options, SiteLayout layout);

  absl::Status CreateCertificates();
  absl::StatusOr<ControlPlan> MakePlan(size_t count) const;
  absl::Status OtherSite(size_t wanted) const;
  absl::Status PrepareNodes(const ControlPlan& plan);
  absl::Status StartEtcdMembers(const ControlPlan& plan);
  absl::Status StartNodeServices(const ControlPlan& plan, const std::string& service);
  ConfigText NodeConfig(const ControlPlan& plan, size_t index, const std::string& service) const;
  absl::Status StartService(const std::string& name, const std::string& program,
                            const ConfigText& config);
  absl::Status StartAgent(const StationSpec& station, bool usual_ports);
  absl::Status StartNative(const StationSpec& station);
  absl::Status LaunchService(const std::string& name, const std::string& program,
                             const ServicePorts& ports, const ConfigText& config,
                             const Place& place = {});
  // The process, started in its place.
  static ProcessSpec At(const Place& place, ProcessSpec spec);
  absl::Status Launch(const std::string& name, ProcessSpec spec);
  // Waits for the ports file of a process that was launched, and has its next start ask for the
  // same ports.
  absl::StatusOr<PortMap> AwaitPorts(const std::string& name);
  absl::Status EndedEarly(const std::string& name) const;
  std::string ControlSocket(std::string_view station) const;
  absl::Status Save() const;
  void Step(std::string_view what) const;

  FleetOptions options_;
  SiteLayout layout_;
  SiteAddresses site_;
  ProcessTable processes_;
  std::map<std::string, ConfigText> configs_;
  bool has_agents_ = false;
  std::function<void(std::string_view)> on_step_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_LOCAL_FLEET_H_
