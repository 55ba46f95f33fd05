#include "tests/simulation/sim_orchestrator.h"

#include <algorithm>
#include <any>
#include <utility>

#include "tests/simulation/sim_membership.h"

namespace understudy::simulation {

namespace fo = failover_orchestrator;
using fo::FailoverCore;
using fo::Instant;

namespace {

constexpr absl::Duration kReconnect = absl::Milliseconds(100);

}  // namespace

fo::FailoverPolicy ImpatientPolicy() {
  fo::FailoverPolicy policy;
  policy.attach_grace = absl::Seconds(1);
  policy.running_timeout = absl::Seconds(6);
  policy.abandoned_retry = absl::Seconds(2);
  policy.first_update_retry = absl::Seconds(1);
  policy.last_update_retry = absl::Seconds(2);
  policy.staging.retry = absl::Seconds(1);
  policy.staging.answer_timeout = absl::Seconds(2);
  return policy;
}

// SimRegistry -------------------------------------------------------------------------------------

template <typename Result>
void SimRegistry::Call(std::function<Result(SimVault&)> call, std::function<void(Result)> done) {
  vault_.Call<Result>(
      [call = std::move(call)](SimVault& vault, std::function<void(Result)> answer) {
        vault.AfterSync([result = call(vault), answer] { answer(result); });
      },
      std::move(done));
}

void SimRegistry::Create(const fo::CreateDuty& write, OnAssignment done) {
  Call<absl::StatusOr<fo::Assignment>>([write](SimVault& vault) { return vault.Create(write); },
                                       std::move(done));
}
void SimRegistry::Claim(const fo::ClaimDuty& write, OnAssignment done) {
  Call<absl::StatusOr<fo::Assignment>>([write](SimVault& vault) { return vault.Claim(write); },
                                       std::move(done));
}
void SimRegistry::Confirm(const fo::ConfirmDuty& write, OnStatus done) {
  Call<absl::Status>([write](SimVault& vault) { return vault.Confirm(write); }, std::move(done));
}
void SimRegistry::Record(const fo::RecordFailover& write, OnStatus done) {
  Call<absl::Status>([write](SimVault& vault) { return vault.Record(write); }, std::move(done));
}
void SimRegistry::Load(OnContents done) {
  Call<absl::StatusOr<Contents>>(
      [](SimVault& vault) { return absl::StatusOr<Contents>(vault.Load()); }, std::move(done));
}

// SimOrchestrator ---------------------------------------------------------------------------------

SimOrchestrator::SimOrchestrator(SimWorld& world, SimNode& node, fo::FailoverMetrics& metrics,
                                 const fo::FailoverPolicy& policy, Siblings siblings,
                                 std::unique_ptr<fo::RegistryPort> registry)
    : world_(world),
      node_(node),
      siblings_(std::move(siblings)),
      registry_(std::move(registry)),
      runner_(policy, absl::Seconds(30),
              {node.clock(), node.random(), node.executor(), *registry_, *this, metrics}) {
  world.streams().Accept(node, "orders", [this](auto stream) { AcceptStation(stream); });
  WatchVault();
  WatchMembership();
}

void SimOrchestrator::After(absl::Duration delay, std::function<void()> task) {
  node_.executor().RunAt(node_.clock().SteadyNow() + delay, std::move(task));
}

void SimOrchestrator::WatchVault() {
  vault_ = world_.streams().Connect(node_, siblings_.vault, "watch");
  vault_->SetHandlers(
      [this](const SimMessage& message) { OnVault(message); },
      [this] {
        runner_.Take([](FailoverCore& core, Instant now) { core.OnRole(std::nullopt, now); });
        After(kReconnect, [this] { WatchVault(); });
      });
}

void SimOrchestrator::OnVault(const SimMessage& message) {
  if (const auto* role = std::any_cast<SimVault::Role>(&message.body)) return OnRole(*role);
  runner_.Take([&](FailoverCore& core, Instant now) {
    if (const auto* document = std::any_cast<SimVault::Document>(&message.body)) {
      core.OnDocument(document->duty_id, document->state, now);
    } else {
      core.OnDocumentsSynced(now);
    }
  });
}

// As the production SiteWatcher and the services that it tells.
void SimOrchestrator::OnRole(const SimVault::Role& role) {
  const bool acts = role.is_root && role.epoch >= newest_epoch_;
  newest_epoch_ = std::max(newest_epoch_, role.epoch);
  root_ = acts ? std::nullopt : std::make_optional(role.root);
  runner_.Take([&](FailoverCore& core, Instant now) {
    core.OnRole(acts ? std::make_optional(role.epoch) : std::nullopt, now);
    if (!acts) core.OnMembershipLost(now);
  });
  if (acts) {
    if (!std::exchange(members_forgotten_, false) || membership_ == nullptr) return;
    // Its snapshot may have come before it was forgotten.
    membership_->Close();
    return WatchMembership();
  }
  members_forgotten_ = true;
  for (auto& [station, stream] : std::exchange(stations_, {})) {
    stream->Send({"not_root", *root_});
    stream->Close();
    runner_.Take([&](FailoverCore& core, Instant now) { core.OnDetached(station, now); });
  }
}

void SimOrchestrator::WatchMembership() {
  membership_ = world_.streams().Connect(node_, siblings_.membership, "watch");
  membership_->SetHandlers([this](const SimMessage& message) { OnMembership(message); },
                           [this] {
                             membership_ = nullptr;
                             After(kReconnect, [this] {
                               if (membership_ == nullptr) WatchMembership();
                             });
                           });
}

void SimOrchestrator::OnMembership(const SimMessage& message) {
  runner_.Take([&](FailoverCore& core, Instant now) {
    if (const auto* snapshot = std::any_cast<SimMembership::Snapshot>(&message.body)) {
      core.OnMembershipSnapshot(snapshot->members, now);
    } else if (const auto* changed = std::any_cast<SimMembership::Changed>(&message.body)) {
      core.OnMemberChanged(changed->reason, changed->member, now);
    } else if (const auto* near = std::any_cast<SimMembership::Suspected>(&message.body)) {
      core.OnSuspected(near->station_id, near->next_look, now);
    }
  });
}

void SimOrchestrator::AcceptStation(const std::shared_ptr<SimStream>& stream) {
  if (root_.has_value()) {
    stream->Send({"not_root", *root_});
    return stream->Close();
  }
  greeted_not_yet_[stream.get()] = stream;
  SimStream* raw = stream.get();
  std::weak_ptr<SimStream> weak = stream;
  stream->SetHandlers(
      [this, weak](const SimMessage& message) {
        if (const auto self = weak.lock()) OnReply(self, message);
      },
      [this, raw] {
        greeted_not_yet_.erase(raw);
        for (auto entry = stations_.begin(); entry != stations_.end(); ++entry) {
          if (entry->second.get() != raw) continue;
          const std::string station_id = entry->first;
          stations_.erase(entry);
          runner_.Take([&](FailoverCore& core, Instant now) { core.OnDetached(station_id, now); });
          return;
        }
      });
}

void SimOrchestrator::OnReply(const std::shared_ptr<SimStream>& stream, const SimMessage& message) {
  if (const auto* hello = std::any_cast<HelloReply>(&message.body)) {
    greeted_not_yet_.erase(stream.get());
    if (root_.has_value()) return stream->Close();
    auto& current = stations_[hello->station_id];
    if (current != nullptr) current->Close();
    current = stream;
    runner_.Take([&](FailoverCore& core, Instant now) {
      core.OnAttached(hello->station_id, hello->greeting, now);
    });
    return;
  }
  const std::string& station = stream->peer();
  if (!stations_.contains(station) || stations_[station] != stream) return;
  runner_.Take([&](FailoverCore& core, Instant now) {
    if (const auto* staged = std::any_cast<StagedReply>(&message.body)) {
      core.OnStaged(station, staged->duty_id, staged->copy, "could not", now);
    } else if (const auto* accepted = std::any_cast<AcceptedReply>(&message.body)) {
      core.OnAccepted(station, accepted->duty_id, accepted->number, now);
    } else if (const auto* running = std::any_cast<RunningReply>(&message.body)) {
      core.OnRunning(station, running->duty_id, running->number, running->revision, running->sha256,
                     now);
    } else if (const auto* refused = std::any_cast<RefusedReply>(&message.body)) {
      core.OnRefused(station, refused->duty_id, refused->number, refused->reason, "", now);
    } else if (const auto* down = std::any_cast<StoodDownReply>(&message.body)) {
      core.OnStoodDown(station, down->duty_id, down->number, now);
    }
  });
}

template <typename Order>
bool SimOrchestrator::SendTo(const std::string& kind, const Order& order) {
  const auto found = stations_.find(order.station_id);
  return found != stations_.end() && found->second->Send({kind, order});
}
bool SimOrchestrator::Send(const fo::SendActivate& order) { return SendTo("activate", order); }
bool SimOrchestrator::Send(const fo::SendHold& order) { return SendTo("hold", order); }
bool SimOrchestrator::Send(const fo::SendStandDown& order) { return SendTo("stand_down", order); }
bool SimOrchestrator::Send(const fo::SendStage& order) { return SendTo("stage", order); }
bool SimOrchestrator::Send(const fo::SendUnstage& order) { return SendTo("unstage", order); }

}  // namespace understudy::simulation
