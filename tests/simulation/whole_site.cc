#include "tests/simulation/whole_site.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/document/identifiers.h"
#include "common/status/status.h"

namespace understudy::simulation {

namespace cv = config_vault;
namespace fo = failover_orchestrator;

namespace {

constexpr absl::Duration kTimeToStart = absl::Seconds(30);
constexpr SimLinkQuality kNoise = {.slow = 0.03, .drop = 0.05, .duplicate = 0.05};

ControlNode ProcessesOf(const std::string& id) {
  return {.vault = id + "/vault", .membership = id + "/membership",
          .orchestrator = id + "/orchestrator"};
}

}  // namespace

WholeSite::WholeSite(uint64_t seed, SiteMetrics metrics, cv::RootClaimPolicy policy)
    : world_(seed),
      metrics_(metrics),
      policy_(ImpatientPolicy()),
      ledger_(std::make_unique<SiteLedger>(key_space_, [this](const auto& line) { Tell(line); })) {
  site_.reset(new SimSiteVault::Site{.nodes = {}, .ledger = *ledger_, .policy = policy});
  for (int i = 1; i <= kControlNodes; ++i) {
    control_ids_.push_back(absl::StrCat("control-", i));
    const ControlNode at = addresses_.emplace_back(ProcessesOf(control_ids_.back()));
    site_->nodes.push_back({.id = control_ids_.back(),
                            .addresses = {at.vault, at.membership, at.orchestrator},
                            .beats = at.vault});
  }
  machines_["etcd"] = {"etcd"};
  world_.AddNode("etcd").SetProgram([this](SimNode& node) {
    return std::make_shared<SimEtcdServer>(world_, node, key_space_, etcd_faults_);
  });
  for (const std::string& id : control_ids_) AddControlNode(id);
  for (const char* id : {"gate", "hall", "pump"}) AddStation(id, "camera.rtsp: 4");
  for (const char* id : {"spare-1", "spare-2"}) AddStation(id, "camera.rtsp: 8");
  AddDuty("gate", "watch-gate", fo::Fencing::kOverlap);
  AddDuty("hall", "watch-hall", fo::Fencing::kOverlap);
  AddDuty("pump", "run-pump", fo::Fencing::kStrict);
  for (const char* id : {"client-1", "client-2"}) AddClient(id);
  AddInvariants();
}

// Programs end before what they use.
WholeSite::~WholeSite() {
  for (SimNode* node : world_.nodes()) node->Crash();
}

void WholeSite::Tell(const std::string& line) {
  world_.Note(line);
  absl::StrAppend(&story_, absl::FormatDuration(world_.now() - SteadyTime()), " ", line, "\n");
}

SimNodeOptions WholeSite::RandomClock() {
  const auto drift = static_cast<int64_t>(world_.random().Below(1000)) - 500;
  const absl::Duration offset = world_.random().Between(-absl::Hours(2), absl::Hours(2));
  return {.drift_ppm = drift, .wall_offset = offset};
}

void WholeSite::AddControlNode(const std::string& id) {
  const ControlNode at = ProcessesOf(id);
  machines_[id] = {at.vault, at.membership, at.orchestrator};
  // One machine has one clock.
  const SimNodeOptions clock = RandomClock();
  world_.AddNode(at.vault, clock).SetProgram([this, id](SimNode& node) {
    auto program = std::make_shared<SimSiteVault>(world_, node, id, *site_, disks_[id]);
    vaults_[id] = program;
    return program;
  });
  world_.AddNode(at.membership, clock).SetProgram([this, id, at](SimNode& node) {
    auto program =
        std::make_shared<SimSiteMembership>(world_, node, at.vault, metrics_.membership);
    memberships_[id] = program;
    return program;
  });
  world_.AddNode(at.orchestrator, clock).SetProgram([this, id, at](SimNode& node) {
    auto program = std::make_shared<SimOrchestrator>(
        world_, node, metrics_.orchestrator, policy_,
        SimOrchestrator::Siblings{at.vault, at.membership},
        std::make_unique<SiteRegistry>(world_, node, at.vault));
    orchestrators_[id] = program;
    return program;
  });
}

void WholeSite::AddStation(const std::string& id, const char* capabilities) {
  machines_[id] = {id};
  setups_[id].id = id;
  setups_[id].capabilities = *ParseCapabilitySet(capabilities);
  world_.AddNode(id, RandomClock()).SetProgram([this, id](SimNode& node) {
    auto program = std::make_shared<SimStation>(
        world_, node, setups_[id], addresses_,
        [this](const std::string& duty, uint64_t number) {
          return ledger_->AssignedTo(duty, number);
        });
    stations_[id] = program;
    return program;
  });
}

void WholeSite::AddDuty(const std::string& station, const std::string& duty, fo::Fencing fencing) {
  duties_.push_back(duty);
  setups_[station].duty = fo::DutyDeclaration{duty, setups_[station].capabilities, fencing};
}

void WholeSite::AddClient(const std::string& id) {
  machines_[id] = {id};
  world_.AddNode(id, RandomClock()).SetProgram([this](SimNode& node) {
    return std::make_shared<SimClient>(world_, node, addresses_, *ledger_);
  });
}

bool WholeSite::Start() {
  SetNoise();
  for (const auto& [machine, processes] : machines_) {
    if (!setups_.contains(machine)) StartMachine(machine);
  }
  if (!world_.RunUntilTrue([this] { return Roots().size() == 1; }, kTimeToStart)) return false;
  for (const std::string& duty : duties_) PutDocument(duty);
  if (!world_.RunUntilTrue([this] { return HasDocuments(); }, kTimeToStart)) return false;
  GiveDocumentsToStations();
  for (const auto& [id, setup] : setups_) StartMachine(id);
  return world_.RunUntilTrue([this] { return CheckConverged().ok(); }, kTimeToStart);
}

bool WholeSite::HasDocuments() {
  const auto reader = ledger_->store().Snapshot();
  return std::all_of(duties_.begin(), duties_.end(), [&](const std::string& duty) {
    return reader->FindHead(DutyDocumentName(duty))->has_value();
  });
}

// As the installer did.
void WholeSite::GiveDocumentsToStations() {
  const auto reader = ledger_->store().Snapshot();
  for (auto& [id, setup] : setups_) {
    if (!setup.duty.has_value()) continue;
    const std::string name = DutyDocumentName(setup.duty->id);
    const cv::DocumentInfo info = (*reader->FindHead(name))->latest;
    setup.kept[setup.duty->id] = {setup.duty->id, name, info.revision, info.sha256, 0};
  }
}

void WholeSite::PutDocument(const std::string& duty) {
  for (const std::string& root : Roots()) {
    cv::PutDocument put;
    put.write.name = DutyDocumentName(duty);
    put.write.author = "operator";
    put.sha256.fill(static_cast<uint8_t>(world_.random().Below(256)));
    put.packed = "configuration";
    put.size = put.packed.size();
    vault(root)->Write(cv::Command(put), [](const absl::StatusOr<cv::Outcome>&) {});
  }
}

std::vector<std::string> WholeSite::Roots() {
  std::vector<std::string> roots;
  for (const std::string& id : control_ids_) {
    const auto found = vault(id);
    if (found != nullptr && found->reign().has_value()) roots.push_back(id);
  }
  return roots;
}

void WholeSite::CrashMachine(const std::string& machine) {
  for (const std::string& process : machines_[machine]) {
    world_.node(process).Crash(SimDisk::Loss::kTear);
  }
}
void WholeSite::StartMachine(const std::string& machine) {
  for (const std::string& process : machines_[machine]) world_.node(process).Start();
}
void WholeSite::PauseMachine(const std::string& machine) {
  for (const std::string& process : machines_[machine]) world_.node(process).Pause();
}
void WholeSite::ResumeMachine(const std::string& machine) {
  for (const std::string& process : machines_[machine]) world_.node(process).Resume();
}

void WholeSite::Cut(const std::string& from, const std::string& to) {
  if (from == to) return;
  for (const std::string& sender : machines_[from]) {
    for (const std::string& receiver : machines_[to]) world_.network().Block(sender, receiver);
  }
}

void WholeSite::Isolate(const std::string& machine) {
  for (const auto& [other, processes] : machines_) {
    Cut(machine, other);
    Cut(other, machine);
  }
}

void WholeSite::SetNoise() { world_.network().SetDefaultQuality(kNoise); }

void WholeSite::Heal() {
  Tell("all is well from here on");
  world_.Heal();
  for (auto& [id, setup] : setups_) setup.has_fault = false;
  for (const auto& [id, weak] : stations_) {
    if (const auto running = weak.lock()) running->TellFault();
  }
}

void WholeSite::SendClientsHome() {
  for (const auto& [machine, processes] : machines_) {
    if (machine.starts_with("client")) CrashMachine(machine);
  }
}

}  // namespace understudy::simulation
