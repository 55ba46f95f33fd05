#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/simulation/whole_site.h"

// What goes wrong on a simulated site.
namespace understudy::simulation {

namespace fo = failover_orchestrator;

std::string WholeSite::AnyMachine() {
  auto entry = machines_.begin();
  std::advance(entry, static_cast<long>(world_.random().Below(machines_.size())));
  return entry->first;
}

std::string WholeSite::AnyProcess(const std::string& machine) {
  const auto& processes = machines_[machine];
  return processes[world_.random().Below(processes.size())];
}

void WholeSite::Strike() {
  switch (world_.random().Below(12)) {
    case 0:
    case 1:
    case 2:
      return StrikeMachine();
    case 3:
    case 4:
      return StrikeProcess();
    case 5:
    case 6:
      return StrikeLink();
    case 7:
    case 8:
      return StrikeSite();
    case 9:
      world_.network().Heal();
      return SetNoise();
    default:
      // More comes back than goes, or soon nothing would be left to strike.
      for (int i = 0; i < 3; ++i) {
        const std::string machine = AnyMachine();
        StartMachine(machine);
        ResumeMachine(machine);
      }
  }
}

void WholeSite::StrikeMachine() {
  const std::string machine = AnyMachine();
  const SimNode& first = world_.node(machines_[machine].front());
  if (!first.is_up()) return StartMachine(machine);
  if (first.is_paused()) return ResumeMachine(machine);
  world_.random().Chance(0.5) ? CrashMachine(machine) : PauseMachine(machine);
}

void WholeSite::StrikeProcess() {
  const std::string& control = control_ids_[world_.random().Below(control_ids_.size())];
  SimNode& victim = world_.node(AnyProcess(control));
  if (!victim.is_up()) return victim.Start();
  if (victim.is_paused()) return victim.Resume();
  world_.random().Chance(0.5) ? victim.Crash(SimDisk::Loss::kTear) : victim.Pause();
}

void WholeSite::StrikeLink() {
  const std::string from = AnyMachine();
  const std::string to = AnyMachine();
  switch (world_.random().Below(4)) {
    case 0:
      return Cut(from, to);
    case 1:
      Cut(from, to);
      return Cut(to, from);
    case 2:
      return Isolate(from);
    default:
      return world_.network().SetQuality(AnyProcess(from), AnyProcess(to),
                                         {.slow = 0.2, .drop = 0.3, .duplicate = 0.2});
  }
}

void WholeSite::StrikeSite() {
  Random& random = world_.random();
  const std::string control = control_ids_[random.Below(control_ids_.size())];
  auto station = setups_.begin();
  std::advance(station, static_cast<long>(random.Below(setups_.size())));
  const std::string duty = duties_[random.Below(duties_.size())];
  switch (random.Below(4)) {
    case 0:
      return PutDocument(duty);
    case 1: {
      world_.Note("drill of " + station->first);
      const auto orchestrator = orchestrators_[control].lock();
      if (orchestrator == nullptr) return;
      return orchestrator->runner().Drill(station->first, false,
                                          [](const absl::StatusOr<fo::FailoverRecord>&) {});
    }
    case 2: {
      const auto held = vault(control);
      return held == nullptr ? void() : held->HandOver("");
    }
    default: {
      station->second.has_fault = random.Chance(0.5);
      const auto running = stations_[station->first].lock();
      return running == nullptr ? void() : running->TellFault();
    }
  }
}

}  // namespace understudy::simulation
