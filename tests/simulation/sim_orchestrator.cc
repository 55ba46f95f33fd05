#include "tests/simulation/sim_orchestrator.h"

#include <any>
#include <utility>

#include "tests/simulation/sim_membership.h"

namespace understudy::simulation {

namespace fo = failover_orchestrator;
using fo::FailoverCore;
using fo::Instant;

namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(1);
constexpr absl::Duration kReconnect = absl::Milliseconds(100);

}  // namespace

// SimRegistry -------------------------------------------------------------------------------------

void SimRegistry::Send(std::function<std::any(SimVault&)> call, OnAnswer on_answer) {
  const uint64_t id = ++last_id_;
  waiting_[id] = std::move(on_answer);
  if (stream_ == nullptr) {
    stream_ = world_.streams().Connect(node_, "vault", "calls");
    stream_->SetHandlers(
        [this](const SimMessage& message) {
          const auto& answer = *std::any_cast<SimVault::Answer>(&message.body);
          Settle(answer.id, &answer.result);
        },
        [this] {
          stream_ = nullptr;
          while (!waiting_.empty()) Settle(waiting_.begin()->first, nullptr);
        });
  }
  stream_->Send({"call", SimVault::Request{id, std::move(call)}});
  node_.executor().RunAt(node_.clock().SteadyNow() + kCallTimeout,
                         [this, id] { Settle(id, nullptr); });
}

void SimRegistry::Settle(uint64_t id, const std::any* result) {
  auto waiting = waiting_.extract(id);
  if (!waiting.empty()) waiting.mapped()(result);
}

template <typename Result>
void SimRegistry::Call(std::function<Result(SimVault&)> call, std::function<void(Result)> done) {
  Send([call = std::move(call)](SimVault& vault) { return std::any(call(vault)); },
       [done = std::move(done)](const std::any* result) {
         if (result == nullptr) return done(absl::UnavailableError("no answer"));
         done(std::any_cast<Result>(*result));
       });
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
                                 const fo::FailoverPolicy& policy)
    : world_(world),
      node_(node),
      registry_(world, node),
      runner_(policy, absl::Seconds(30),
              {node.clock(), node.random(), node.executor(), registry_, *this, metrics}) {
  world.streams().Accept(node, "orders", [this](auto stream) { AcceptStation(stream); });
  WatchVault();
  WatchMembership();
}

void SimOrchestrator::After(absl::Duration delay, std::function<void()> task) {
  node_.executor().RunAt(node_.clock().SteadyNow() + delay, std::move(task));
}

void SimOrchestrator::WatchVault() {
  vault_ = world_.streams().Connect(node_, "vault", "watch");
  vault_->SetHandlers(
      [this](const SimMessage& message) { OnVault(message); },
      [this] {
        runner_.Take([](FailoverCore& core, Instant now) { core.OnRole(std::nullopt, now); });
        After(kReconnect, [this] { WatchVault(); });
      });
}

void SimOrchestrator::OnVault(const SimMessage& message) {
  runner_.Take([&](FailoverCore& core, Instant now) {
    if (const auto* role = std::any_cast<SimVault::Role>(&message.body)) {
      core.OnRole(role->epoch, now);
    } else if (const auto* document = std::any_cast<SimVault::Document>(&message.body)) {
      core.OnDocument(document->duty_id, document->state, now);
    } else {
      core.OnDocumentsSynced(now);
    }
  });
}

void SimOrchestrator::WatchMembership() {
  membership_ = world_.streams().Connect(node_, "membership", "watch");
  membership_->SetHandlers([this](const SimMessage& message) { OnMembership(message); },
                           [this] { After(kReconnect, [this] { WatchMembership(); }); });
}

void SimOrchestrator::OnMembership(const SimMessage& message) {
  runner_.Take([&](FailoverCore& core, Instant now) {
    if (const auto* snapshot = std::any_cast<SimMembership::Snapshot>(&message.body)) {
      core.OnMembershipSnapshot(snapshot->members, now);
    } else if (const auto* changed = std::any_cast<SimMembership::Changed>(&message.body)) {
      core.OnMemberChanged(changed->reason, changed->member, now);
    }
  });
}

void SimOrchestrator::AcceptStation(const std::shared_ptr<SimStream>& stream) {
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
