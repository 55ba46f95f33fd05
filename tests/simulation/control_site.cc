#include "tests/simulation/control_site.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace understudy::simulation {
namespace {

// What it takes to notice: silence, the limit without confirmation, a read that goes unanswered,
// and clocks that differ.
constexpr absl::Duration kMayActDeposed = absl::Milliseconds(1800);

// In millionths, more than any clock's: the root's lease is to hold up to it.
constexpr int64_t kDrift = 50'000;

}  // namespace

namespace cv = config_vault;

ControlSite::ControlSite(uint64_t seed, int nodes) : world_(seed) {
  for (int i = 1; i <= nodes; ++i) ids_.push_back(absl::StrCat("control-", i));
  world_.AddNode("etcd").SetProgram([this](SimNode& node) {
    return std::make_shared<SimEtcd>(world_, node, etcd_disk_);
  });
  for (const std::string& id : ids_) {
    const auto drift = static_cast<int64_t>(world_.random().Below(2 * kDrift)) - kDrift;
    world_.AddNode(id, {.drift_ppm = drift}).SetProgram([this, id](SimNode& node) {
      auto program =
          std::make_shared<SimControlNode>(world_, node, ids_, replicas_[id], history_);
      nodes_[id] = program;
      return program;
    });
  }
  world_.AddInvariant("one root per epoch, which has seen all before it", [this] {
    return history_.violation.empty() ? absl::OkStatus() : absl::InternalError(history_.violation);
  });
  world_.AddInvariant("the log is of one root after the other, and no duty is given twice",
                      [this] { return CheckLog(); });
  world_.AddInvariant("acknowledged writes survive", [this] { return CheckAcknowledged(); });
  world_.AddInvariant("a deposed root stops acting", [this] { return CheckDeposed(); });
  world_.AddInvariant("who may read without asking has seen all", [this] { return CheckLeases(); });
}

void ControlSite::Start() {
  world_.node("etcd").Start();
  for (const std::string& id : ids_) world_.node(id).Start();
}

std::vector<std::string> ControlSite::Roots() {
  std::vector<std::string> roots;
  for (const std::string& id : ids_) {
    const auto found = node(id);
    if (found != nullptr && found->reigning()) roots.push_back(id);
  }
  return roots;
}

absl::Status ControlSite::CheckLog() {
  for (; checked_ < etcd_disk_.log.size(); ++checked_) {
    const SimRevision& revision = etcd_disk_.log[checked_];
    if (revision.root.has_value()) checked_epoch_ = revision.revision;
    if (!revision.write.has_value()) continue;
    const SimWrite& write = *revision.write;
    if (revision.epoch != checked_epoch_) {
      return absl::InternalError(absl::StrCat("a write of epoch ", revision.epoch,
                                              " was accepted under epoch ", checked_epoch_));
    }
    if (write.number != ++numbers_[write.duty] || !written_.emplace(write.id, write).second) {
      return absl::InternalError(
          absl::StrCat(write.duty, " was given to ", write.station, " under number ",
                       write.number, ", expected ", numbers_[write.duty]));
    }
  }
  return absl::OkStatus();
}

absl::Status ControlSite::CheckAcknowledged() {
  // Only the latest can be new; all others were checked when they were.
  if (history_.acknowledged.empty()) return absl::OkStatus();
  const uint64_t id = history_.acknowledged.rbegin()->first;
  if (written_.contains(id)) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("write ", id, " was acknowledged and is nowhere"));
}

absl::Status ControlSite::CheckDeposed() {
  for (const std::string& id : ids_) {
    const auto acting = node(id);
    const bool awake = acting != nullptr && !world_.node(id).is_paused();
    bool all_know = awake && acting->reigning();
    for (const std::string& other : ids_) {
      const auto peer = node(other);
      if (!all_know || other == id || peer == nullptr) continue;
      all_know = peer->core().known().epoch > *acting->reign();
    }
    if (!all_know || *acting->reign() >= etcd_disk_.root.epoch) {
      deposed_since_.erase(id);
      continue;
    }
    const SteadyTime since = deposed_since_.emplace(id, world_.now()).first->second;
    if (world_.now() - since > kMayActDeposed) {
      return absl::InternalError(absl::StrCat(id, " still acts under epoch ", *acting->reign(),
                                              " while all know of epoch ",
                                              etcd_disk_.root.epoch));
    }
  }
  return absl::OkStatus();
}

// Who may read without asking must have seen all that was written.
absl::Status ControlSite::CheckLeases() {
  if (etcd_disk_.batch_revision == 0) return absl::OkStatus();
  const cv::Epoch newest = etcd_disk_.log[etcd_disk_.batch_revision - 1].epoch;
  for (const std::string& id : ids_) {
    const auto leased = node(id);
    if (leased == nullptr || !leased->core().lease().has_value()) continue;
    const cv::RenewLease& lease = *leased->core().lease();
    const bool holds = world_.node(id).clock().SteadyNow() < lease.until;
    leases_held_ += holds ? 1 : 0;
    if (!holds || lease.epoch >= newest) continue;
    return absl::InternalError(absl::StrCat(id, " may read under epoch ", lease.epoch,
                                            ", but epoch ", newest, " has written"));
  }
  return absl::OkStatus();
}

std::string ControlSite::AnyNode() { return ids_[world_.random().Below(ids_.size())]; }

std::string ControlSite::AnyPlace() {
  const uint64_t index = world_.random().Below(ids_.size() + 1);
  return index == ids_.size() ? "etcd" : ids_[index];
}

void ControlSite::Strike() {
  switch (world_.random().Below(8)) {
    case 0:
    case 1:
    case 2:
      return StrikeNode();
    case 3:
    case 4:
      return StrikeLink();
    case 5:
      return StrikeEtcd();
    case 6:
      return StrikeHousehold();
    default:
      return world_.network().Heal();
  }
}

void ControlSite::StrikeNode() {
  SimNode& victim = world_.node(AnyNode());
  if (!victim.is_up()) return victim.Start();
  if (victim.is_paused()) return victim.Resume();
  world_.random().Chance(0.5) ? victim.Crash() : victim.Pause();
}

void ControlSite::StrikeLink() {
  const std::string from = AnyPlace();
  const std::string to = AnyPlace();
  SimNetwork& network = world_.network();
  switch (world_.random().Below(4)) {
    case 0:
      return network.Block(from, to);
    case 1:
      network.Block(from, to);
      return network.Block(to, from);
    case 2:
      return network.Isolate(from);
    default:
      return network.SetQuality(from, to,
                                {.slow = 0.1, .drop = 0.2, .duplicate = 0.1});
  }
}

void ControlSite::StrikeEtcd() {
  SimNode& etcd = world_.node("etcd");
  if (!etcd.is_up()) return etcd.Start();
  if (etcd.is_paused()) return etcd.Resume();
  world_.random().Chance(0.5) ? etcd.Crash() : etcd.Pause();
}

void ControlSite::StrikeHousehold() {
  const auto struck = node(AnyNode());
  if (struck == nullptr) return;
  if (world_.random().Chance(0.3)) return struck->HandOver("");
  struck->SetHousehold(world_.random().Chance(0.5));
}

void ControlSite::Heal() {
  world_.Heal();
  for (const std::string& id : ids_) {
    if (const auto healed = node(id)) healed->SetHousehold(true);
  }
}

absl::Status ControlSite::CheckReplica(const std::string& id, const ReplicaDisk& replica) {
  std::map<std::string, SimWrite> expected;
  for (size_t i = 0; i < replica.applied; ++i) {
    const auto& write = etcd_disk_.log[i].write;
    if (write.has_value()) expected[write->duty] = *write;
  }
  for (const auto& [duty, write] : expected) {
    const auto found = replica.duties.find(duty);
    if (found == replica.duties.end() || found->second.id != write.id) {
      return absl::InternalError(absl::StrCat(id, " has another ", duty, " than etcd"));
    }
  }
  if (replica.applied + 20 < etcd_disk_.log.size()) {
    return absl::InternalError(absl::StrCat(id, " is at revision ", replica.applied, " of ",
                                            etcd_disk_.log.size()));
  }
  return absl::OkStatus();
}

absl::Status ControlSite::CheckConverged() {
  const std::vector<std::string> roots = Roots();
  if (roots.size() != 1) return absl::InternalError(absl::StrCat(roots.size(), " roots"));
  if (*node(roots[0])->reign() != etcd_disk_.root.epoch) {
    return absl::InternalError("the root acts under another epoch than the key's");
  }
  for (const std::string& id : ids_) {
    const auto converged = node(id);
    if (converged == nullptr || converged->core().known().epoch != etcd_disk_.root.epoch) {
      return absl::InternalError(id + " does not know the root");
    }
    const absl::Status status = CheckReplica(id, converged->replica());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace understudy::simulation
