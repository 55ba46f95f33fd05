#include "services/config_vault/testing/claim_site.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace understudy::config_vault {
namespace {

NodeAddresses AddressesOf(const std::string& id) {
  return {.vault = id + ":7102", .membership = id + ":7101", .orchestrator = id + ":7103"};
}

}  // namespace

ClaimSite::ClaimSite(int nodes, RootClaimPolicy policy) : policy_(policy) {
  for (int i = 1; i <= nodes; ++i) {
    const std::string id = absl::StrCat("control-", i);
    admitted_.push_back({.id = id, .addresses = AddressesOf(id), .beats = id + ":7112"});
  }
  for (const ControlNode& node : admitted_) Start(node.id);
}

ClaimSite::~ClaimSite() = default;

void ClaimSite::Start(const std::string& id) {
  Node& node = nodes_[id];
  node = Node();
  node.instance = ++last_instance_;
  node.random = std::make_unique<Random>(node.instance);
  node.key = std::make_unique<FakeRootKey>(key_);
  node.core = std::make_unique<RootClaimCore>(
      policy_, ControlSelf{id, node.instance, AddressesOf(id)}, *node.random);
  node.core->OnNodes(admitted_, nodes_revision_, now());
  node.core->OnProgress({.following = true, .applied = 1});
  node.core->OnHousehold(true, now());
  node.core->Start(now());
  node.key->Subscribe([this, id](const RootClaim& claim) {
    epochs_.insert(claim.epoch);
    Later([this, id, claim] { OnKey(id, claim); });
  });
  Act(id);
}

void ClaimSite::OnKey(const std::string& id, const RootClaim& claim) {
  Node& node = nodes_.at(id);
  if (node.core == nullptr) return;
  if (node.replica_held || node.frozen) {
    node.held_claims.push_back(claim);
    return;
  }
  node.core->OnRoot(claim, now());
  Act(id);
}

void ClaimSite::Kill(const std::string& id) {
  Node& node = nodes_.at(id);
  node.key.reset();
  node.core.reset();
  node.reigning = false;
  node.lease.reset();
  node.published = RoleState();
}

void ClaimSite::Isolate(const std::string& id) {
  for (const auto& [other, node] : nodes_) {
    cut_.insert({id, other});
    cut_.insert({other, id});
  }
  LoseKey(id);
  node(id).replica_held = true;
}

void ClaimSite::LoseKey(const std::string& id) {
  node(id).key->SetOutage(absl::UnavailableError("etcd is out of reach"));
}

void ClaimSite::Heal() {
  cut_.clear();
  for (auto& [id, node] : nodes_) {
    if (node.key != nullptr) node.key->SetOutage(absl::OkStatus());
    ReleaseReplica(id);
  }
}

void ClaimSite::ReleaseReplica(const std::string& id) {
  Node& released = node(id);
  released.replica_held = false;
  for (const RootClaim& claim : std::exchange(released.held_claims, {})) OnKey(id, claim);
}

void ClaimSite::SetHousehold(const std::string& id, bool whole) {
  node(id).core->OnHousehold(whole, now());
  Act(id);
}

void ClaimSite::HandOver(const std::string& from, uint64_t request, const std::string& to) {
  node(from).core->HandOver(request, to, now());
  Act(from);
}

void ClaimSite::Remove(const std::string& id) {
  const auto found = std::find_if(admitted_.begin(), admitted_.end(),
                                  [&](const ControlNode& node) { return node.id == id; });
  removed_[id] = *found;
  admitted_.erase(found);
  TellNodes();
}

void ClaimSite::AdmitAgain(const std::string& id) {
  admitted_.push_back(removed_.extract(id).mapped());
  TellNodes();
}

void ClaimSite::TellNodes() {
  ++nodes_revision_;
  for (auto& [other, node] : nodes_) {
    if (node.core != nullptr) node.core->OnNodes(admitted_, nodes_revision_, now());
  }
}

std::vector<std::string> ClaimSite::Roots() const {
  std::vector<std::string> roots;
  for (const auto& [id, node] : nodes_) {
    if (node.reigning && !node.frozen) roots.push_back(id);
  }
  return roots;
}

void ClaimSite::Run(absl::Duration duration) {
  for (const SteadyTime end = now_ + duration; now_ < end;) Step();
}

void ClaimSite::Step() {
  now_ = now_ + absl::Milliseconds(1);
  for (const auto& task : std::exchange(later_, {})) task();
  for (auto& [id, node] : nodes_) {
    if (node.core == nullptr || node.frozen) continue;
    for (const Node::Unread& unread : std::exchange(node.unread, {})) {
      node.seen[unread.from] = unread.sent;
      node.core->OnBeat(unread.from, unread.beat, now());
      Act(id);
    }
    if (!node.replica_held) ReleaseReplica(id);
    if (now_ >= node.core->NextDeadline()) node.core->Tick(now());
    Act(id);
  }
}

void ClaimSite::Act(const std::string& id) {
  RootClaimCore* const core = node(id).core.get();
  for (const ClaimAction& action : core->TakeActions()) Do(id, action);
  const Node& node = nodes_.at(id);
  EXPECT_EQ(node.published.role == Role::kRoot, node.reigning);
}

void ClaimSite::Deliver(const std::string& from, const std::string& to, const ControlBeat& beat) {
  if (from == to || cut_.contains({from, to}) || removed_.contains(to)) return;
  Node::Unread unread{from, beat, now_};
  const auto& seen = nodes_.at(from).seen;
  if (const auto found = seen.find(to); found != seen.end()) {
    unread.beat.acknowledged = found->second;
  }
  Later([this, to, unread] {
    Node& node = nodes_.at(to);
    if (node.core != nullptr) node.unread.push_back(unread);
  });
}

void ClaimSite::Do(const std::string& id, const ClaimAction& action) {
  Node& node = nodes_.at(id);
  const uint64_t instance = node.instance;
  const auto answer = [this, id, instance](std::function<void(RootClaimCore&)> input) {
    Later([this, id, instance, input = std::move(input)] {
      Node& asker = nodes_.at(id);
      if (asker.core == nullptr || asker.instance != instance) return;
      input(*asker.core);
      Act(id);
    });
  };
  if (const auto* send = std::get_if<SendBeat>(&action)) {
    for (const auto& [other, peer] : nodes_) {
      if (send->to.empty() || send->to == other) Deliver(id, other, send->beat);
    }
  } else if (const auto* claim = std::get_if<ClaimKey>(&action)) {
    node.key->Claim(claim->expected, claim->record, [&](auto result) {
      answer([this, number = claim->attempt, result](RootClaimCore& core) {
        core.OnClaimAnswered(number, result, now());
      });
    });
  } else if (std::holds_alternative<ReadKey>(action)) {
    node.key->Read([&](auto result) {
      answer([this, result](RootClaimCore& core) { core.OnReadAnswered(result, now()); });
    });
  } else if (const auto* start = std::get_if<StartReign>(&action)) {
    node.reigning = true;
    node.took = start->took;
  } else if (std::holds_alternative<StopReign>(action)) {
    node.reigning = false;
  } else if (const auto* lease = std::get_if<RenewLease>(&action)) {
    node.lease = *lease;
  } else if (std::holds_alternative<WithdrawLease>(action)) {
    node.lease.reset();
  } else if (const auto* publish = std::get_if<PublishRole>(&action)) {
    node.published = publish->state;
  } else if (const auto* hand_over = std::get_if<AnswerHandOver>(&action)) {
    answers_.emplace(hand_over->request, hand_over->answer);
  } else if (std::holds_alternative<FalseAlarm>(action)) {
    ++false_alarms_;
  }
}

}  // namespace understudy::config_vault
