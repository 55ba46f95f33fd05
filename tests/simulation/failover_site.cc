#include "tests/simulation/failover_site.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/status.h"

namespace understudy::simulation {

namespace fo = failover_orchestrator;

namespace {

absl::Status Broken(std::string text) {
  return MakeError(absl::StatusCode::kInternal, "BROKEN", text);
}

}  // namespace

FailoverSite::FailoverSite(uint64_t seed, fo::FailoverMetrics& metrics)
    : world_(seed), metrics_(metrics), policy_(ImpatientPolicy()) {
  AddControlNodes();
  AddInvariants();
}

void FailoverSite::AddControlNodes() {
  world_.AddNode("vault").SetProgram([this](SimNode& node) {
    auto program = std::make_shared<SimVault>(world_, node, vault_disk_);
    vault_ = program;
    return program;
  });
  world_.AddNode("membership").SetProgram([this](SimNode& node) {
    return std::make_shared<SimMembership>(world_, node, records_);
  });
  world_.AddNode("orchestrator").SetProgram([this](SimNode& node) {
    auto program = std::make_shared<SimOrchestrator>(
        world_, node, metrics_, policy_, SimOrchestrator::Siblings(),
        std::make_unique<SimRegistry>(world_, node));
    orchestrator_ = program;
    return program;
  });
}

void FailoverSite::AddDeployment(const std::string& id, const std::string& duty,
                                 const char* capabilities, fo::Fencing fencing) {
  AddBackup(id, capabilities);
  StationSetup& setup = setups_[id];
  setup.duty = fo::DutyDeclaration{duty, setup.capabilities, fencing};
  fo::DocumentState& document = vault_disk_.documents[duty];
  document = {revision_, std::string(32, 'a')};
  station_agent::KeptDocument kept{duty, "duties/" + duty, document.revision, {}, 0};
  kept.sha256.fill('a');
  setup.kept[duty] = kept;
}

void FailoverSite::AddBackup(const std::string& id, const char* capabilities) {
  StationSetup& setup = setups_[id];
  setup.id = id;
  setup.capabilities = *ParseCapabilitySet(capabilities);
  world_.AddNode(id).SetProgram([this, id](SimNode& node) {
    const ControlNode control{.membership = "membership", .orchestrator = "orchestrator"};
    auto program = std::make_shared<SimStation>(
        world_, node, setups_[id], std::vector<ControlNode>{control},
        [this](const std::string& duty, uint64_t number) {
          const auto assigned = vault_disk_.history.find({duty, number});
          return assigned == vault_disk_.history.end() ? "" : assigned->second;
        });
    stations_[id] = program;
    return program;
  });
}

void FailoverSite::Start() {
  for (SimNode* node : world_.nodes()) node->Start();
}

std::string FailoverSite::AnyStation() {
  auto entry = setups_.begin();
  std::advance(entry, static_cast<long>(world_.random().Below(setups_.size())));
  return entry->first;
}

std::string FailoverSite::AnyDuty() {
  auto entry = vault_disk_.documents.begin();
  std::advance(entry, static_cast<long>(world_.random().Below(vault_disk_.documents.size())));
  return entry->first;
}

void FailoverSite::SetFault(const std::string& id, bool has_fault) {
  setups_[id].has_fault = has_fault;
  world_.Note(absl::StrCat(id, has_fault ? " is past a limit" : " is well again"));
  if (const auto running = station(id)) running->TellFault();
}

void FailoverSite::Drill(const std::string& id) {
  const auto running = orchestrator();
  if (running == nullptr) return;
  world_.Note("drill of " + id);
  running->runner().Drill(id, false, [](const absl::StatusOr<fo::FailoverRecord>&) {});
}

void FailoverSite::PutDocument(const std::string& duty) {
  const auto running = vault_.lock();
  if (running == nullptr) return;
  const char content = static_cast<char>('b' + world_.random().Below(20));
  running->PutDocument(duty, {++revision_, std::string(32, content)});
}

void FailoverSite::Strike() {
  Random& random = world_.random();
  SimNode& node = world_.node(AnyStation());
  switch (random.Below(16)) {
    case 0:
    case 1:
      return node.Crash(SimDisk::Loss::kTear);
    case 2:
    case 3:
      return node.Start();
    case 4:
      return node.Pause();
    case 5:
      return node.Resume();
    case 6:
      return world_.network().Isolate(node.id());
    case 7:
      world_.network().Heal();
      return world_.network().SetDefaultQuality({.slow = 0.05, .drop = 0.1, .duplicate = 0.1});
    case 8:
      return SetFault(node.id(), random.Chance(0.5));
    case 9:
      return Drill(node.id());
    case 10:
    case 11:
      return world_.node("orchestrator").Crash();
    case 12:
      return world_.node(random.Chance(0.5) ? "vault" : "membership").Crash();
    case 13:
      return world_.network().Block(node.id(), random.Chance(0.5) ? "orchestrator" : "membership");
    case 14:
      return PutDocument(AnyDuty());
    default:
      for (const char* control : {"vault", "membership", "orchestrator"}) {
        world_.node(control).Start();
      }
  }
}

void FailoverSite::Heal() {
  world_.Note("all is well from here on");
  world_.Heal();
  for (auto& [id, setup] : setups_) {
    if (setup.has_fault) SetFault(id, false);
  }
}

void FailoverSite::AddInvariants() {
  world_.AddInvariant("one station under one assignment number", [this] {
    return vault_disk_.violation.empty() ? absl::OkStatus() : Broken(vault_disk_.violation);
  });
  world_.AddInvariant("a station has at most one duty", [this] { return CheckAssignments(); });
  world_.AddInvariant("a claim comes before its order", [this] { return CheckOrders(); });
  world_.AddInvariant("strict fencing lets one run", [this] { return CheckStrict(); });
}

absl::Status FailoverSite::CheckAssignments() {
  std::map<std::string, std::string> duty_of;
  for (const auto& [id, duty] : vault_disk_.duties) {
    const std::string& station = duty.assignment.station_id;
    if (station.empty()) continue;
    if (!duty_of.emplace(station, id).second) {
      return Broken(absl::StrCat(station, " holds ", duty_of[station], " and ", id));
    }
  }
  return absl::OkStatus();
}

absl::Status FailoverSite::CheckOrders() {
  for (const auto& [id, weak] : stations_) {
    const auto running = weak.lock();
    if (running != nullptr && !running->violation().empty()) return Broken(running->violation());
  }
  return absl::OkStatus();
}

std::vector<std::string> FailoverSite::RunnersOf(const std::string& duty) {
  std::vector<std::string> runners;
  for (const auto& [id, weak] : stations_) {
    const auto running = weak.lock();
    if (running == nullptr) continue;
    const auto runs = running->Runs();
    if (runs.has_value() && runs->duty_id == duty) runners.push_back(id);
  }
  return runners;
}

absl::Status FailoverSite::CheckStrict() {
  for (const auto& [id, duty] : vault_disk_.duties) {
    if (duty.fencing != fo::Fencing::kStrict) continue;
    const auto runners = RunnersOf(id);
    if (runners.size() > 1) {
      return Broken(absl::StrCat(id, " runs at ", absl::StrJoin(runners, " and ")));
    }
  }
  return absl::OkStatus();
}

absl::Status FailoverSite::CheckConverged() {
  for (const auto& [id, setup] : setups_) {
    if (setup.duty.has_value() && !vault_disk_.duties.contains(setup.duty->id)) {
      return Broken(absl::StrCat("duty ", setup.duty->id, " was never recorded"));
    }
  }
  for (const auto& [id, duty] : vault_disk_.duties) {
    UNDERSTUDY_RETURN_IF_ERROR(CheckDuty(duty));
  }
  for (const auto& [id, record] : vault_disk_.failovers) {
    const bool finished =
        record.state == fo::FailoverState::kDone || record.state == fo::FailoverState::kCancelled;
    if (!finished) return Broken(absl::StrCat("failover ", id, " never ended: ", record.note));
  }
  return absl::OkStatus();
}

// There are enough stations for all duties, so each must run, where it is assigned and only there,
// what the vault has.
absl::Status FailoverSite::CheckDuty(const fo::Duty& duty) {
  const auto runners = RunnersOf(duty.id);
  const std::string& holder = duty.assignment.station_id;
  if (runners.size() == 1 && runners.front() == holder) {
    const std::string& latest = vault_disk_.documents.at(duty.id).sha256;
    const std::string runs = station(holder)->Runs()->document_sha256;
    if (runs == latest) return absl::OkStatus();
    return Broken(absl::StrCat("duty ", duty.id, " runs ", runs, " at ", holder,
                               " instead of the latest ", latest));
  }
  return Broken(absl::StrCat("duty ", duty.id, "#", duty.assignment.number, " is assigned to ",
                             holder.empty() ? "nobody" : holder, " and runs at [",
                             absl::StrJoin(runners, ", "), "]"));
}

}  // namespace understudy::simulation
