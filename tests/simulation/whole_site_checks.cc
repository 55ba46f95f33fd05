#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/status.h"
#include "services/config_vault/mutation_codec.h"
#include "tests/simulation/whole_site.h"

// What must be true of a simulated site.
namespace understudy::simulation {

namespace cv = config_vault;

namespace {

// What it takes a vault to notice: silence, the limit without confirmation, a read that goes
// unanswered, and clocks that differ. Its siblings follow it at once, or are alone for as long.
constexpr absl::Duration kMayActDeposed = absl::Milliseconds(1800);
constexpr absl::Duration kMayFollowDeposed = absl::Milliseconds(2500);

absl::Status Broken(std::string text) {
  return MakeError(absl::StatusCode::kInternal, "BROKEN", text);
}

// What the vault holds now, history left out: a replica that had to be filled from etcd's keys
// has none.
std::string CurrentOf(const cv::VaultStore& store) {
  const auto reader = store.Snapshot();
  const auto heads = reader->ListHeads("", "", 1000, true);
  const auto stations = reader->ListStations();
  const auto duties = reader->ListDuties();
  const auto failovers = reader->ListFailovers(UINT64_MAX, 1000, true);
  std::vector<cv::Mutation> mutations;
  for (const cv::DocumentHead& head : heads->heads) {
    mutations.push_back(cv::WriteRevision{.revision = {.info = head.latest}});
  }
  for (const auto& station : *stations) mutations.push_back(cv::WriteStation{station});
  for (const auto& duty : *duties) mutations.push_back(cv::WriteDuty{duty});
  for (const auto& failover : *failovers) mutations.push_back(cv::WriteFailover{failover});
  return cv::storage::EncodeMutations(mutations);
}

}  // namespace

void WholeSite::AddInvariants() {
  world_.AddInvariant("what is written, applied, acknowledged and read agrees with itself",
                      [this] {
                        ++events_;
                        return ledger_->status();
                      });
  world_.AddInvariant("stations run what they were assigned, a strict duty at one station alone",
                      [this] { return CheckStations(); });
  world_.AddInvariant("who was deposed stops acting", [this] { return CheckDeposed(); });
  world_.AddInvariant("who reads at once has all that was written",
                      [this] { return CheckLeases(); });
}

std::vector<std::string> WholeSite::RunnersOf(const std::string& duty) {
  std::vector<std::string> runners;
  for (const auto& [id, weak] : stations_) {
    const auto running = weak.lock();
    if (running == nullptr) continue;
    const auto runs = running->Runs();
    if (runs.has_value() && runs->duty_id == duty) runners.push_back(id);
  }
  return runners;
}

absl::Status WholeSite::CheckStations() {
  std::set<std::pair<std::string, uint64_t>> running;
  for (const auto& [id, weak] : stations_) {
    const auto station = weak.lock();
    if (station == nullptr) continue;
    if (!station->violation().empty()) return Broken(station->violation());
    const auto runs = station->Runs();
    if (!runs.has_value()) continue;
    const uint64_t number = runs->strict_fencing ? 0 : runs->assignment_number;
    if (!running.insert({runs->duty_id, number}).second) {
      return Broken(absl::StrCat(runs->duty_id, "#", runs->assignment_number, " runs at ",
                                 absl::StrJoin(RunnersOf(runs->duty_id), " and ")));
    }
  }
  return absl::OkStatus();
}

// A vault that acts although all others know of a newer root, and its siblings under an epoch that
// their own vault knows to be over, may do so only as long as it takes to notice.
absl::Status WholeSite::CheckDeposed() {
  for (const std::string& id : control_ids_) {
    const auto acting = vault(id);
    const ControlNode at{.vault = id + "/vault", .membership = id + "/membership",
                         .orchestrator = id + "/orchestrator"};
    const bool awake = acting != nullptr && !world_.node(at.vault).is_paused();
    bool knows = awake && acting->reign().has_value() && *acting->reign() < ledger_->epoch();
    for (const std::string& other : control_ids_) {
      const auto peer = vault(other);
      if (!knows || other == id || peer == nullptr) continue;
      knows = peer->claim().known().epoch > *acting->reign();
    }
    const auto membership = memberships_[id].lock();
    const auto orchestrator = orchestrators_[id].lock();
    const bool is_sentinel = awake && acting->role().role == cv::Role::kSentinel;
    const bool member_acts = is_sentinel && membership != nullptr &&
                             !world_.node(at.membership).is_paused() &&
                             membership->runner().core().ok();
    const bool orchestrator_acts = is_sentinel && orchestrator != nullptr &&
                                   !world_.node(at.orchestrator).is_paused() &&
                                   orchestrator->runner().core().Ready();
    for (const auto& [who, acts, limit] :
         {std::tuple(at.vault, knows, kMayActDeposed),
          std::tuple(at.membership, member_acts, kMayFollowDeposed),
          std::tuple(at.orchestrator, orchestrator_acts, kMayFollowDeposed)}) {
      if (!acts) {
        deposed_since_.erase(who);
        continue;
      }
      const SteadyTime since = deposed_since_.emplace(who, world_.now()).first->second;
      if (world_.now() - since > limit) return Broken(who + " still acts, and was deposed");
    }
  }
  return absl::OkStatus();
}

// Also while it sleeps: nothing tells it when it wakes up.
absl::Status WholeSite::CheckLeases() {
  for (const std::string& id : control_ids_) {
    const auto reader = vault(id);
    if (reader == nullptr || !reader->MayReadAtOnce()) continue;
    const int64_t revision = reader->replica().tip().batch_revision;
    if (revision == ledger_->batch_revision()) continue;
    return Broken(absl::StrCat(id, " may read revision ", revision, ", and ",
                               ledger_->batch_revision(), " was written"));
  }
  return absl::OkStatus();
}

absl::Status WholeSite::CheckControl() {
  const std::vector<std::string> roots = Roots();
  if (roots.size() != 1) return Broken(absl::StrCat(roots.size(), " roots"));
  for (const std::string& id : control_ids_) {
    const auto found = vault(id);
    const auto membership = memberships_[id].lock();
    const auto orchestrator = orchestrators_[id].lock();
    if (found == nullptr || membership == nullptr || orchestrator == nullptr) {
      return Broken(id + " is not up");
    }
    if (found->claim().known().epoch != ledger_->epoch()) return Broken(id + " knows another root");
    if (!found->replica().tip().following) {
      return Broken(absl::StrCat(id, " does not follow: ", found->replica().stuck().ToString()));
    }
    const bool is_root = id == roots.front();
    if (membership->runner().core().ok() != is_root) return Broken(id + "'s membership");
    if (orchestrator->runner().core().Ready() != is_root) return Broken(id + "'s orchestrator");
  }
  return absl::OkStatus();
}

absl::Status WholeSite::CheckDuties() {
  const auto reader = ledger_->store().Snapshot();
  const auto found = reader->ListDuties();
  const std::vector<cv::Duty>& duties = *found;
  if (duties.size() != duties_.size()) {
    return Broken(absl::StrCat(duties.size(), " duties are recorded of ", duties_.size()));
  }
  for (const cv::Duty& duty : duties) UNDERSTUDY_RETURN_IF_ERROR(CheckDuty(duty));
  const auto unfinished = reader->ListFailovers(UINT64_MAX, 100, true);
  if (unfinished->empty()) return absl::OkStatus();
  return Broken(absl::StrCat("failover ", unfinished->front().failover.id, " never ended: ",
                             unfinished->front().failover.note));
}

// There are enough stations for all duties, so each must run, where it is assigned and only there,
// what the vault has.
absl::Status WholeSite::CheckDuty(const cv::Duty& duty) {
  const auto runners = RunnersOf(duty.id);
  const std::string& holder = duty.assignment.station_id;
  if (runners.size() != 1 || runners.front() != holder) {
    return Broken(absl::StrCat("duty ", duty.id, "#", duty.assignment.number, " is assigned to ",
                               holder.empty() ? "nobody" : holder, " and runs at [",
                               absl::StrJoin(runners, ", "), "]"));
  }
  const auto head = *ledger_->store().Snapshot()->FindHead(duty.document);
  const std::string latest(head->latest.sha256.begin(), head->latest.sha256.end());
  const auto order = stations_[holder].lock()->Runs();
  if (order->document_sha256 == latest) return absl::OkStatus();
  return Broken(absl::StrCat("duty ", duty.id, " runs revision ", order->document_revision,
                             " of its document at ", holder, ", and the latest is ",
                             head->latest.revision, " of ", head->latest.author));
}

absl::Status WholeSite::CheckConverged() {
  UNDERSTUDY_RETURN_IF_ERROR(CheckControl());
  return CheckDuties();
}

absl::Status WholeSite::CheckIdentical() {
  for (const std::string& id : control_ids_) UNDERSTUDY_RETURN_IF_ERROR(CheckReplica(id));
  return absl::OkStatus();
}

absl::Status WholeSite::CheckReplica(const std::string& control) {
  const auto found = vault(control);
  if (found == nullptr) return Broken(control + " is not up");
  const int64_t revision = found->replica().tip().batch_revision;
  if (revision != ledger_->batch_revision()) {
    return Broken(absl::StrCat(control, " is at revision ", revision, " of ",
                               ledger_->batch_revision()));
  }
  if (CurrentOf(found->store()) == CurrentOf(ledger_->store())) return absl::OkStatus();
  return Broken(control + " holds something else than was written");
}

std::string WholeSite::RunnerOf(const std::string& duty) {
  const auto runners = RunnersOf(duty);
  return runners.size() == 1 ? runners.front() : "";
}

}  // namespace understudy::simulation
