#include "cli/local_fleet/local_fleet.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/local_fleet/pki.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr int kLogLinesInErrors = 8;

std::string LoopbackAddress(const PortMap& ports) {
  return absl::StrCat("127.0.0.1:", ports.at("grpc"));
}

bool AnyRunning(const ProcessTable& processes) {
  return std::any_of(processes.begin(), processes.end(),
                     [](const auto& entry) { return IsRunning(entry.second.id); });
}

bool FitsSocketAddress(const std::string& path) {
  return path.size() < sizeof(sockaddr_un::sun_path);
}

bool SendDatagram(const std::string& path, std::string_view message) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (!FitsSocketAddress(path)) return false;
  path.copy(address.sun_path, path.size());
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const ssize_t sent = sendto(descriptor, message.data(), message.size(), 0,
                              reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(descriptor);
  return sent == static_cast<ssize_t>(message.size());
}

absl::StatusOr<ProcessTable> ReadProcesses(const SiteLayout& layout) {
  const absl::StatusOr<std::string> text = ReadFile(layout.ProcessesFile());
  if (!text.ok()) return text.status();
  return ParseProcesses(*text, layout.ProcessesFile());
}

}  // namespace

LocalFleet::LocalFleet(FleetOptions options, SiteLayout layout)
    : options_(std::move(options)), layout_(std::move(layout)) {}

absl::StatusOr<LocalFleet> LocalFleet::Create(FleetOptions options) {
  SiteLayout layout(MakeAbsolute(options.directory));
  const absl::StatusOr<ProcessTable> earlier = ReadProcesses(layout);
  if (earlier.ok() && AnyRunning(*earlier)) {
    return MakeError(absl::StatusCode::kAlreadyExists, "FLEET_RUNNING",
                     "a fleet runs in " + layout.directory() + " already");
  }
  UNDERSTUDY_RETURN_IF_ERROR(layout.Create());
  LocalFleet fleet(std::move(options), std::move(layout));
  UNDERSTUDY_RETURN_IF_ERROR(fleet.CreateCertificates());
  return fleet;
}

absl::StatusOr<LocalFleet> LocalFleet::Open(const std::string& directory) {
  const SiteLayout layout(MakeAbsolute(directory));
  const absl::StatusOr<ProcessTable> processes = ReadProcesses(layout);
  const absl::StatusOr<std::string> site = ReadFile(layout.SiteFile());
  if (!processes.ok() || !site.ok()) {
    return MakeError(absl::StatusCode::kNotFound, "NO_FLEET",
                     "no fleet was started in " + layout.directory());
  }
  FleetOptions options;
  options.directory = layout.directory();
  LocalFleet fleet(std::move(options), layout);
  fleet.processes_ = *processes;
  UNDERSTUDY_ASSIGN_OR_RETURN(fleet.site_, ParseSite(*site, layout.SiteFile()));
  return fleet;
}

absl::Status LocalFleet::CreateCertificates() {
  if (options_.settings.insecure) return absl::OkStatus();
  Step("certificates");
  const Pki pki(layout_);
  UNDERSTUDY_RETURN_IF_ERROR(pki.CreateAuthority());
  for (const char* service : {kVault, kMembership, kOrchestrator, kOperator}) {
    UNDERSTUDY_RETURN_IF_ERROR(pki.Issue(service, service));
  }
  site_.tls = rpc::TlsFiles{.certificate = layout_.CertificateFile(kOperator),
                            .private_key = layout_.PrivateKeyFile(kOperator),
                            .authorities = layout_.CertificateFile(Pki::kAuthority)};
  return absl::OkStatus();
}

absl::Status LocalFleet::StartControlNode() {
  if (std::filesystem::exists(layout_.ControlPlanFile())) return OtherSite(1);
  const ServiceSettings& settings = options_.settings;
  ControlNode& node = site_.control_nodes.front();
  UNDERSTUDY_RETURN_IF_ERROR(StartService(kVault, options_.binaries.vault,
                                          [layout = layout_, settings](const ServicePorts& ports) {
                                            return VaultConfigText(layout, settings, ports);
                                          }));
  UNDERSTUDY_ASSIGN_OR_RETURN(const PortMap vault, PortsOf(kVault));
  node.vault = LoopbackAddress(vault);
  UNDERSTUDY_RETURN_IF_ERROR(
      StartService(kMembership, options_.binaries.membership,
                   [layout = layout_, settings, node](const ServicePorts& ports) {
                     return MembershipConfigText(layout, settings, ports, node);
                   }));
  UNDERSTUDY_ASSIGN_OR_RETURN(const PortMap membership, PortsOf(kMembership));
  node.membership = LoopbackAddress(membership);
  UNDERSTUDY_RETURN_IF_ERROR(
      StartService(kOrchestrator, options_.binaries.orchestrator,
                   [layout = layout_, settings, node](const ServicePorts& ports) {
                     return OrchestratorConfigText(layout, settings, ports, node);
                   }));
  UNDERSTUDY_ASSIGN_OR_RETURN(const PortMap orchestrator, PortsOf(kOrchestrator));
  node.orchestrator = LoopbackAddress(orchestrator);
  return Save();
}

absl::Status LocalFleet::StartCheckpointStore() {
  if (options_.binaries.checkpoints.empty()) {
    return MakeError(absl::StatusCode::kNotFound, "PROGRAM_NOT_FOUND",
                     "checkpoint-store is not beside the other programs");
  }
  const ServiceSettings& settings = options_.settings;
  if (!settings.insecure) {
    UNDERSTUDY_RETURN_IF_ERROR(Pki(layout_).Issue(kCheckpoints, kCheckpoints));
  }
  UNDERSTUDY_RETURN_IF_ERROR(StartService(kCheckpoints, options_.binaries.checkpoints,
                                          [layout = layout_, settings](const ServicePorts& ports) {
                                            return CheckpointConfigText(layout, settings, ports);
                                          }));
  UNDERSTUDY_ASSIGN_OR_RETURN(const PortMap ports, PortsOf(kCheckpoints));
  site_.checkpoints = LoopbackAddress(ports);
  site_.checkpoints_http = absl::StrCat("127.0.0.1:", ports.at("http"));
  return Save();
}

absl::Status LocalFleet::StartStations(const std::vector<StationSpec>& stations) {
  for (const StationSpec& station : stations) {
    // The first station of a site gets the design's port for an agent.
    const bool usual_ports = options_.usual_ports && !std::exchange(has_agents_, true);
    UNDERSTUDY_RETURN_IF_ERROR(StartAgent(station, usual_ports));
  }
  for (const StationSpec& station : stations) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const PortMap ports, AwaitPorts(AgentName(station.id)));
    site_.agents[station.id] = LoopbackAddress(ports);
    UNDERSTUDY_RETURN_IF_ERROR(StartNative(station));
  }
  return Save();
}

absl::Status LocalFleet::StartService(const std::string& name, const std::string& program,
                                      const ConfigText& config) {
  Step(name);
  const ServicePorts ports = options_.usual_ports ? FreeUsualPorts(name) : ServicePorts();
  UNDERSTUDY_RETURN_IF_ERROR(LaunchService(name, program, ports, config));
  return AwaitPorts(name).status();
}

absl::Status LocalFleet::StartAgent(const StationSpec& station, bool usual_ports) {
  const std::string name = AgentName(station.id);
  Step(name);
  if (!options_.settings.insecure) {
    UNDERSTUDY_RETURN_IF_ERROR(Pki(layout_).Issue(name, "station/" + station.id));
  }
  return LaunchService(name, options_.binaries.agent,
                       usual_ports ? FreeUsualPorts(name) : ServicePorts(),
                       [layout = layout_, settings = options_.settings, site = site_,
                        station](const ServicePorts& ports) {
                         return AgentConfigText(layout, settings, ports, site, station);
                       },
                       {.launcher = station.launcher});
}

absl::Status LocalFleet::StartNative(const StationSpec& station) {
  const std::string name = NativeName(station.id);
  Step(name);
  ProcessSpec spec = {.program = options_.binaries.native};
  spec.arguments = {"--link=" + layout_.LinkName(station.id),
                    "--state=" + NativeStateFile(station.id)};
  if (!station.document.empty()) {
    const std::string document = layout_.ConfigFile(station.id) + ".document.json";
    UNDERSTUDY_RETURN_IF_ERROR(WriteFile(document, station.document));
    spec.arguments.push_back("--configuration=" + document);
  }
  const std::string control = ControlSocket(station.id);
  if (FitsSocketAddress(control)) spec.arguments.push_back("--control=" + control);
  spec.arguments.insert(spec.arguments.end(), station.native_arguments.begin(),
                        station.native_arguments.end());
  return Launch(name, At({.launcher = station.launcher}, std::move(spec)));
}

absl::Status LocalFleet::LaunchService(const std::string& name, const std::string& program,
                                       const ServicePorts& ports, const ConfigText& config,
                                       const Place& place) {
  configs_[name] = config;
  UNDERSTUDY_RETURN_IF_ERROR(WriteFile(layout_.ConfigFile(name), config(ports)));
  return Launch(
      name, At(place, {.program = program, .arguments = {"--config=" + layout_.ConfigFile(name)}}));
}

ProcessSpec LocalFleet::At(const Place& place, ProcessSpec spec) {
  if (place.launcher.empty()) return spec;
  std::vector<std::string> words(place.launcher.begin() + 1, place.launcher.end());
  words.push_back(spec.program);
  words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
  spec.program = place.launcher.front();
  spec.arguments = std::move(words);
  return spec;
}

absl::Status LocalFleet::Launch(const std::string& name, ProcessSpec spec) {
  spec.log_file = layout_.LogFile(name);
  spec.dies_with_parent = options_.dies_with_parent;
  std::filesystem::remove(layout_.PortsFile(name));
  UNDERSTUDY_ASSIGN_OR_RETURN(const ProcessId process, StartProcess(spec));
  processes_[name] = {.spec = std::move(spec), .id = process};
  return Save();
}

absl::StatusOr<PortMap> LocalFleet::AwaitPorts(const std::string& name) {
  absl::StatusOr<PortMap> ports;
  const ProcessId process = processes_[name].id;
  WaitFor(options_.start_timeout, [&] {
    // The order matters: what it wrote before it ended counts.
    const bool running = IsRunning(process);
    ports = ReadPortsFile(layout_.PortsFile(name));
    return ports.ok() || !running;
  });
  if (!ports.ok()) return EndedEarly(name);
  const auto config = configs_.find(name);
  if (config != configs_.end()) {
    UNDERSTUDY_RETURN_IF_ERROR(
        WriteFile(layout_.ConfigFile(name), config->second(SamePorts(*ports))));
  }
  return ports;
}

absl::Status LocalFleet::EndedEarly(const std::string& name) const {
  const ProcessId process = processes_.at(name).id;
  const std::string what =
      IsRunning(process)
          ? absl::StrCat("is not up after ", absl::FormatDuration(options_.start_timeout))
          : absl::StrCat("ended with ", HowItEnded(process).value_or("an unknown exit code"));
  return MakeError(absl::StatusCode::kInternal, "PROCESS_NOT_UP",
                   absl::StrCat(name, " ", what, "; the end of ", layout_.LogFile(name), ":\n",
                                LastLines(layout_.LogFile(name), kLogLinesInErrors)));
}

absl::Status LocalFleet::Restart(const std::string& name,
                                 const std::vector<std::string>& more_arguments) {
  const auto process = processes_.find(name);
  if (process == processes_.end()) return absl::NotFoundError("no process is called " + name);
  ProcessSpec spec = process->second.spec;
  spec.arguments.insert(spec.arguments.end(), more_arguments.begin(), more_arguments.end());
  UNDERSTUDY_RETURN_IF_ERROR(Launch(name, std::move(spec)));
  return configs_.contains(name) ? AwaitPorts(name).status() : absl::OkStatus();
}

absl::Status LocalFleet::Signal(const std::string& name, int signal) {
  const auto process = processes_.find(name);
  if (process == processes_.end()) return absl::NotFoundError("no process is called " + name);
  return WithContext(SendSignal(process->second.id, signal), name);
}

absl::Status LocalFleet::Kill(const std::string& name) {
  UNDERSTUDY_RETURN_IF_ERROR(Signal(name, SIGKILL));
  if (WaitUntilGone(processes_[name].id, absl::Seconds(10))) return absl::OkStatus();
  return absl::InternalError(name + " outlived SIGKILL");
}

absl::Status LocalFleet::TellNative(std::string_view station, std::string_view command) const {
  const std::string path = ControlSocket(station);
  if (SendDatagram(path, command)) return absl::OkStatus();
  return absl::UnavailableError("nobody listens on " + path);
}

int LocalFleet::Stop(absl::Duration grace) {
  // By their service; those of stations have none.
  std::map<std::string, std::vector<ProcessId>> ids;
  for (const auto& [name, process] : processes_) {
    if (process.id.pid > 0) ids[ControlServiceOf(name)].push_back(process.id);
  }
  int killed = 0;
  for (const char* service : {"", kOrchestrator, kMembership, kVault, kEtcd}) {
    killed += StopProcesses(ids[service], grace);
  }
  // Links outlive their agents: the shared memory, and the bell beside it.
  for (const auto& [station, address] : site_.agents) {
    shm_unlink(layout_.LinkName(station).c_str());
    shm_unlink((layout_.LinkName(station) + ".bell").c_str());
  }
  std::filesystem::remove(layout_.ProcessesFile());
  return killed;
}

absl::StatusOr<PortMap> LocalFleet::PortsOf(const std::string& name) const {
  return ReadPortsFile(layout_.PortsFile(name));
}

std::string LocalFleet::NativeStateFile(std::string_view station) const {
  return layout_.DataDirectory(NativeName(station)) + ".json";
}

std::string LocalFleet::ControlSocket(std::string_view station) const {
  return layout_.directory() + "/run/" + std::string(station);
}

bool LocalFleet::AnyRuns() const { return AnyRunning(processes_); }

std::vector<std::string> LocalFleet::Casualties() const {
  std::vector<std::string> casualties;
  for (const auto& [name, process] : processes_) {
    if (process.id.pid == 0 || IsRunning(process.id)) continue;
    casualties.push_back(absl::StrCat(name, ": ", LastLines(layout_.LogFile(name), 3)));
  }
  return casualties;
}

absl::Status LocalFleet::Save() const {
  UNDERSTUDY_RETURN_IF_ERROR(WriteFile(layout_.ProcessesFile(), FormatProcesses(processes_)));
  return WriteFile(layout_.SiteFile(), FormatSite(site_));
}

void LocalFleet::Step(std::string_view what) const {
  if (on_step_) on_step_(what);
}

}  // namespace understudy::cli
