#include "cli/demo/root_story.h"

#include <signal.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/local_fleet/wait.h"
#include "cli/output/format.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using config_vault::v1::DocumentInfo;

constexpr char kWe[] = "demo";
constexpr char kPrefix[] = "demo/writes";
constexpr absl::Duration kBetweenWrites = absl::Milliseconds(5);
constexpr size_t kMaxProblems = 3;

// The latest revision of every document that a vault has, as it tells of them.
absl::StatusOr<std::map<std::string, DocumentInfo>> ListAll(VaultClient& vault) {
  std::map<std::string, DocumentInfo> all;
  config_vault::v1::ListRequest request;
  do {
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto page, vault.List(request));
    for (const DocumentInfo& info : page.documents()) all[info.name()] = info;
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

// The first document of which the two do not hold the same; empty when there is none.
std::string FirstDifference(const std::map<std::string, DocumentInfo>& a,
                            const std::map<std::string, DocumentInfo>& b) {
  for (const auto& [name, info] : a) {
    const auto other = b.find(name);
    if (other == b.end()) return name + " is missing";
    if (other->second.revision() != info.revision()) return name + " is at another revision";
    if (other->second.sha256() != info.sha256()) return name + " has other content";
  }
  if (a.size() < b.size()) return "it has a document more";
  return "";
}

}  // namespace

absl::Status RootStory::Run(int first_chapter) {
  chapter_ = first_chapter;
  // What failed before was meant to; what is still dead will be found so by each new root.
  stage_.observer().TakeFailed();
  for (const auto& [station, address] : stage_.fleet().site().agents) {
    const auto member = stage_.observer().FindMember(station);
    if (!member.has_value() || member->state() != membership::v1::Member::STATE_ALIVE) {
      actors_.push_back(station);
    }
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(auto vault, clients_.Vault(stage_.fleet().site().control_nodes));
  writer_ = std::make_unique<SteadyWriter>(std::move(vault), kPrefix, kBetweenWrites);
  UNDERSTUDY_RETURN_IF_ERROR(NodeIsKilled());
  UNDERSTUDY_RETURN_IF_ERROR(RootFreezes());
  UNDERSTUDY_RETURN_IF_ERROR(EtcdLosesItsLeader());
  UNDERSTUDY_RETURN_IF_ERROR(RootDiesInMidFailover());
  return Finale();
}

void RootStory::Chapter(const std::string& title) {
  timeline_.Chapter(absl::StrCat(chapter_++, ". ", title));
}

absl::StatusOr<RootStory::Act> RootStory::Begin(const std::string& what_to_root) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const RootFinder::Root root, AwaitRoot(0));
  Act act = {.what = absl::StrCat(what_to_root, " ", root.node), .before = root, .at = SteadyNow()};
  timeline_.Say(kWe, absl::StrCat(act.what, ", which is root under epoch ", root.epoch),
                Color::kCyan);
  act.at = SteadyNow();
  return act;
}

absl::Status RootStory::NodeIsKilled() {
  Chapter("The whole node of the root dies: vault, membership, orchestrator and etcd get kill -9");
  UNDERSTUDY_ASSIGN_OR_RETURN(const Act act, Begin("kill -9 of all of"));
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().KillNode(act.before.node));
  UNDERSTUDY_RETURN_IF_ERROR(AwaitTakeover(act, /*root_must_change=*/true));
  return Restart(act.before.node);
}

absl::Status RootStory::RootFreezes() {
  Chapter("The root's node freezes (SIGSTOP), and wakes up believing that it is still root");
  UNDERSTUDY_ASSIGN_OR_RETURN(const Act act, Begin("SIGSTOP to all of"));
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().SignalNode(act.before.node, SIGSTOP));
  UNDERSTUDY_RETURN_IF_ERROR(AwaitTakeover(act, /*root_must_change=*/true));
  timeline_.Say(kWe, absl::StrCat("SIGCONT to ", act.before.node), Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().SignalNode(act.before.node, SIGCONT));
  const std::string problem = WakeUpProblem(act.before.node);
  if (problem.empty()) {
    timeline_.Say(kWe, act.before.node + " takes no write any more", Color::kGreen);
  } else {
    results_.back().problem = problem;
    timeline_.Say(kWe, problem, Color::kRed);
  }
  return AwaitSentinel(act.before.node);
}

std::string RootStory::WakeUpProblem(const std::string& node) {
  const auto vault = quick_.Vault({finder_.AddressesOf(node)});
  if (!vault.ok()) return std::string(vault.status().message());
  config_vault::v1::PutRequest request;
  request.set_name("demo/by-a-deposed-root");
  request.set_content("{}");
  const auto response = (*vault)->Put(request);
  return response.ok() ? absl::StrCat(node, " took a write, at revision ",
                                      response->info().revision(), ", though it is not root")
                       : std::string();
}

absl::Status RootStory::EtcdLosesItsLeader() {
  Chapter("etcd loses its leader");
  UNDERSTUDY_ASSIGN_OR_RETURN(const RootFinder::Root root, AwaitRoot(0));
  const std::string leader = finder_.EtcdLeader();
  if (leader.empty()) return absl::InternalError("no member of etcd says that it leads");
  const std::string process = NodeProcess(leader, kEtcd);
  const Act act = {.what = "kill -9 of " + process, .before = root, .at = SteadyNow()};
  timeline_.Say(kWe, act.what + ", which leads etcd", Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().Kill(process));
  UNDERSTUDY_RETURN_IF_ERROR(AwaitTakeover(act, /*root_must_change=*/false));
  return stage_.fleet().Restart(process);
}

absl::Status RootStory::RootDiesInMidFailover() {
  Chapter("The root dies in the middle of a station's failover");
  const std::string station = stage_.RunsOn("warehouse");
  actors_.push_back(station);
  for (const std::string& spare : stage_.SparesOf("warehouse")) {
    UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().TellNative(spare, "delay 1500"));
    actors_.push_back(spare);
  }
  timeline_.Say(kWe, "kill -9 of " + station + "; who takes over will take 1.5 s", Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.SignalStation(station, SIGKILL));
  UNDERSTUDY_RETURN_IF_ERROR(
      stage_
          .AwaitFailover("warehouse", config_vault::v1::Failover::STATE_CLAIMED, bounds_.patience)
          .status());
  UNDERSTUDY_ASSIGN_OR_RETURN(const Act act, Begin("kill -9 of all of"));
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().KillNode(act.before.node));
  UNDERSTUDY_RETURN_IF_ERROR(AwaitTakeover(act, /*root_must_change=*/true));
  UNDERSTUDY_ASSIGN_OR_RETURN(
      StepResult move,
      stage_.AwaitMove("warehouse", absl::StrCat("kill -9 of ", station, " and of the root"),
                       bounds_.patience, bounds_.patience));
  move.recovery = SteadyNow() - act.at;
  move.since = "the root's death";
  timeline_.Say(kWe, absl::StrCat(move.failover.to_station(), " runs warehouse, sha-256 ",
                                  HashText(move.after)),
                move.problem.empty() ? Color::kGreen : Color::kRed);
  moves_.push_back(std::move(move));
  return Restart(act.before.node);
}

absl::Status RootStory::AwaitTakeover(const Act& act, bool root_must_change) {
  UNDERSTUDY_RETURN_IF_ERROR(Await("an acknowledged write after the " + act.what, [&] {
    return writer_->FirstAfter(act.at).has_value();
  }));
  UNDERSTUDY_ASSIGN_OR_RETURN(const RootFinder::Root root,
                              AwaitRoot(root_must_change ? act.before.epoch : 0));
  RootStepResult result = {.what = act.what,
                           .root_before = act.before.node,
                           .root_after = root.node,
                           .epoch_before = act.before.epoch,
                           .epoch_after = root.epoch,
                           .next_write = *writer_->FirstAfter(act.at) - act.at,
                           .bound = bounds_.next_write,
                           .problem = FalseFailures()};
  if (root_must_change && root.node == act.before.node) result.problem = "the root did not move";
  if (result.next_write > result.bound) result.problem = "later than the bound";
  const std::string news =
      root.epoch == act.before.epoch
          ? absl::StrCat(root.node, " is still root, writes go on")
          : absl::StrCat(root.node, " is root under epoch ", root.epoch, ", writes go on");
  timeline_.Say(kWe, absl::StrCat(news, " after ", DurationText(result.next_write)),
                result.problem.empty() ? Color::kGreen : Color::kRed);
  results_.push_back(std::move(result));
  return absl::OkStatus();
}

absl::Status RootStory::Restart(const std::string& node) {
  timeline_.Say(kWe, node + " is started again", Color::kCyan);
  UNDERSTUDY_RETURN_IF_ERROR(stage_.fleet().RestartNode(node));
  return AwaitSentinel(node);
}

absl::Status RootStory::AwaitSentinel(const std::string& node) {
  UNDERSTUDY_RETURN_IF_ERROR(Await(node + " as a sentinel", [&] {
    const std::optional<RootFinder::Root> root = finder_.Find();
    const auto role = finder_.RoleOf(node);
    return root.has_value() && role.has_value() && root->node != node &&
           role->role() == config_vault::v1::ROLE_SENTINEL && role->epoch() == root->epoch;
  }));
  timeline_.Say(kWe, node + " is a sentinel now");
  return absl::OkStatus();
}

absl::Status RootStory::Finale() {
  timeline_.Chapter("What is left of it all");
  writer_->Stop();
  UNDERSTUDY_RETURN_IF_ERROR(CheckAcknowledged());
  UNDERSTUDY_RETURN_IF_ERROR(CheckNodesAreIdentical());
  return CheckDuties();
}

absl::Status RootStory::CheckAcknowledged() {
  const auto all = writer_->acknowledged();
  for (const std::string& node : stage_.fleet().ControlNodeIds()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, clients_.Vault({finder_.AddressesOf(node)}));
    const std::vector<std::string> missing = MissingFrom(*vault, all, kMaxProblems);
    if (missing.empty()) continue;
    return MakeError(absl::StatusCode::kDataLoss, "ACKNOWLEDGED_WRITE_LOST",
                     absl::StrCat(node, ": ", absl::StrJoin(missing, "; ")));
  }
  timeline_.Say(kWe,
                absl::StrCat(all.size(), " writes were acknowledged, ", writer_->failed(),
                             " failed; every acknowledged one is on every node"),
                Color::kGreen);
  return absl::OkStatus();
}

absl::Status RootStory::CheckNodesAreIdentical() {
  size_t documents = 0;
  UNDERSTUDY_RETURN_IF_ERROR(Await("that all control nodes hold the same", [&] {
    std::vector<std::map<std::string, DocumentInfo>> lists;
    for (const std::string& node : stage_.fleet().ControlNodeIds()) {
      const auto vault = clients_.Vault({finder_.AddressesOf(node)});
      auto list = vault.ok() ? ListAll(**vault) : vault.status();
      if (!list.ok()) return false;
      lists.push_back(*std::move(list));
    }
    documents = lists.front().size();
    return std::all_of(lists.begin(), lists.end(), [&](const auto& list) {
      return FirstDifference(lists.front(), list).empty();
    });
  }));
  timeline_.Say(kWe,
                absl::StrCat("all control nodes hold the same ", documents,
                             " documents, by name, revision and sha-256"),
                Color::kGreen);
  return absl::OkStatus();
}

absl::Status RootStory::CheckDuties() {
  // By duty: who holds it, in each station's own words.
  std::map<std::string, std::set<std::string>> holders;
  for (const auto& [station, address] : stage_.fleet().site().agents) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto agent, quick_.Agent(address));
    const auto status = agent->GetStatus();
    // Those that the story killed are silent.
    if (!status.ok() || status->duty_id().empty()) continue;
    holders[status->duty_id()].insert(station);
  }
  for (const auto& [duty, stations] : holders) {
    if (stations.size() < 2) continue;
    return MakeError(absl::StatusCode::kInternal, "DUTY_RUNS_TWICE",
                     absl::StrCat("duty ", duty, " is held by ", absl::StrJoin(stations, " and ")));
  }
  const std::string twice = stage_.observer().AssignedTwice();
  if (!twice.empty()) return MakeError(absl::StatusCode::kInternal, "DUTY_RUNS_TWICE", twice);
  timeline_.Say(kWe, "no duty was run twice under one epoch", Color::kGreen);
  return absl::OkStatus();
}

absl::Status RootStory::Await(const std::string& what, const std::function<bool()>& condition) {
  return stage_.Await(bounds_.patience, what, condition);
}

absl::StatusOr<RootFinder::Root> RootStory::AwaitRoot(uint64_t newer_than) {
  std::optional<RootFinder::Root> root;
  UNDERSTUDY_RETURN_IF_ERROR(Await("a root", [&] {
    root = finder_.Find();
    return root.has_value() && root->epoch > newer_than;
  }));
  return *root;
}

std::string RootStory::FalseFailures() {
  for (const std::string& station : stage_.observer().TakeFailed()) {
    if (std::find(actors_.begin(), actors_.end(), station) == actors_.end()) {
      return "station " + station + ", which nobody touched, was said to have failed";
    }
  }
  return "";
}

}  // namespace understudy::cli
