#include "cli/demo/demo.h"

#include <signal.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"
#include "cli/output/format.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr char kWe[] = "demo";
constexpr char kLateBackup[] = "spare-late";

std::string TakeoverText(const StepResult& result) {
  return absl::StrCat(result.failover.to_station(), " runs ",
                      result.problem.empty() ? "byte for byte the same document, sha-256 "
                                             : result.problem + ", sha-256 ",
                      HashText(result.after));
}

}  // namespace

absl::Status Demo::Run() {
  UNDERSTUDY_RETURN_IF_ERROR(StationIsKilled());
  UNDERSTUDY_RETURN_IF_ERROR(StationFreezes());
  UNDERSTUDY_RETURN_IF_ERROR(MemoryRunsOut());
  UNDERSTUDY_RETURN_IF_ERROR(NoBackupFits());
  UNDERSTUDY_RETURN_IF_ERROR(OrchestratorIsKilled());
  return StationLeaves();
}

void Demo::Record(StepResult result) {
  if (result.problem.empty() && result.recovery > result.bound) {
    result.problem = "later than the bound";
  }
  timeline_.Say(kWe, TakeoverText(result), result.problem.empty() ? Color::kGreen : Color::kRed);
  results_.push_back(std::move(result));
}

absl::Status Demo::AwaitMove(const std::string& duty, const std::string& what) {
  UNDERSTUDY_ASSIGN_OR_RETURN(
      StepResult result, stage_.AwaitMove(duty, what, bounds_.after_verdict, bounds_.patience));
  Record(std::move(result));
  return absl::OkStatus();
}

absl::Status Demo::AwaitSpare(const std::string& station) {
  UNDERSTUDY_RETURN_IF_ERROR(stage_.AwaitSpare(station, bounds_.patience));
  timeline_.Say(kWe, station + " runs nothing, holds what it may inherit, and waits for a duty");
  return absl::OkStatus();
}

absl::Status Demo::StationIsKilled() {
  const std::string station = stage_.RunsOn("gate");
  Touch(station);
  timeline_.Chapter("1. A station dies: its agent and its native process get kill -9");
  timeline_.Say(kWe, "kill -9 of " + station, Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.SignalStation(station, SIGKILL));
  UNDERSTUDY_RETURN_IF_ERROR(AwaitMove("gate", "kill -9 of " + station));
  timeline_.Say(kWe, station + " is switched on again, still with its old configuration",
                Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.RestartStation(station));
  return AwaitSpare(station);
}

absl::Status Demo::StationFreezes() {
  const std::string station = stage_.RunsOn("warehouse");
  Touch(station);
  timeline_.Chapter("2. A station freezes (SIGSTOP), and comes back (SIGCONT)");
  timeline_.Say(kWe, "SIGSTOP to " + station, Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.SignalStation(station, SIGSTOP));
  UNDERSTUDY_RETURN_IF_ERROR(AwaitMove("warehouse", "freeze of " + station));
  timeline_.Say(kWe, "SIGCONT to " + station + ", which still believes in its duty", Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.SignalStation(station, SIGCONT));
  return AwaitSpare(station);
}

absl::Status Demo::MemoryRunsOut() {
  const std::string station = stage_.RunsOn("kitchen");
  Touch(station);
  timeline_.Chapter("3. A native process says that it is past its memory limit");
  timeline_.Say(kWe, station + "'s native process reports 858 MiB; its limit is 256 MiB",
                Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().TellNative(station, "memory 900000000"));
  UNDERSTUDY_RETURN_IF_ERROR(AwaitMove("kitchen", "memory of " + station));
  timeline_.Say(kWe, station + "'s native process is back to normal", Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().TellNative(station, "memory 0"));
  return AwaitSpare(station);
}

absl::Status Demo::NoBackupFits() {
  const std::string station = stage_.RunsOn("pump-house");
  Touch(station);
  timeline_.Chapter("4. A station dies that no backup can replace; later one comes that can");
  timeline_.Say(kWe, "kill -9 of " + station, Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.SignalStation(station, SIGKILL));
  UNDERSTUDY_RETURN_IF_ERROR(
      stage_
          .AwaitFailover("pump-house", config_vault::v1::Failover::STATE_WAITING, bounds_.patience)
          .status());
  timeline_.Say(kWe, absl::StrCat("a technician brings ", kLateBackup, ", which has the valves"),
                Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.AddStation(BackupForPumpHouses(kLateBackup)));
  UNDERSTUDY_RETURN_IF_ERROR(stage_.AwaitAlive(kLateBackup, bounds_.patience));
  const SteadyTime joined = SteadyNow();
  UNDERSTUDY_ASSIGN_OR_RETURN(
      StepResult result, stage_.AwaitMove("pump-house", "kill -9 of " + station, bounds_.after_join,
                                          bounds_.patience));
  result.recovery = SteadyNow() - joined;
  result.since = "joining";
  Record(std::move(result));
  return absl::OkStatus();
}

absl::StatusOr<std::string> Demo::KillOrchestratorOnClaim(const std::string& duty) {
  UNDERSTUDY_RETURN_IF_ERROR(
      stage_.AwaitFailover(duty, config_vault::v1::Failover::STATE_CLAIMED, bounds_.patience)
          .status());
  const std::string orchestrator = orchestrator_();
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().Kill(orchestrator));
  timeline_.Say(kWe, "kill -9 of " + orchestrator + ", its order given and not yet answered",
                Color::kCyan);
  return orchestrator;
}

absl::Status Demo::OrchestratorIsKilled() {
  const std::string station = stage_.RunsOn("gate");
  Touch(station);
  timeline_.Chapter("5. The orchestrator itself dies in the middle of a failover");
  // The station whose capabilities are exactly the duty's is the one that will be chosen.
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().TellNative("gate-1", "delay 1500"));
  timeline_.Say(kWe, "kill -9 of " + station + "; the native process of gate-1 will take 1.5 s",
                Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.SignalStation(station, SIGKILL));
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string orchestrator, KillOrchestratorOnClaim("gate"));
  Pause(absl::Milliseconds(500));
  timeline_.Say(kWe, orchestrator + " is started again", Color::kCyan);
  const SteadyTime restarted = SteadyNow();
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().Restart(orchestrator));
  UNDERSTUDY_ASSIGN_OR_RETURN(
      StepResult result,
      stage_.AwaitMove("gate", absl::StrCat("kill -9 of ", station, " and the orchestrator"),
                       bounds_.after_restart, bounds_.patience));
  result.recovery = SteadyNow() - restarted;
  result.since = "restart";
  Record(std::move(result));
  return stage_.fleet().TellNative("gate-1", "delay 0");
}

absl::Status Demo::StationLeaves() {
  const std::string station = stage_.RunsOn("kitchen");
  Touch(station);
  timeline_.Chapter("6. A station leaves in order, for maintenance");
  timeline_.Say(kWe, station + " leaves", Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.Leave(station, "maintenance"));
  return AwaitMove("kitchen", "leave of " + station);
}

}  // namespace understudy::cli
