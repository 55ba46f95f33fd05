#include "tests/simulation/sim_engine.h"

#include <utility>

#include "common/status/status.h"
#include "services/config_vault/etcd/root_record_codec.h"
#include "services/config_vault/not_root.h"
#include "services/config_vault/vault_state_machine.h"
#include "tests/simulation/sim_root_claim.h"

namespace understudy::simulation {

namespace cv = config_vault;
namespace etcd = config_vault::etcd;

namespace {

constexpr absl::Duration kAttemptTimeout = absl::Milliseconds(150);
constexpr absl::Duration kPatience = absl::Seconds(1);
constexpr absl::Duration kAgain = absl::Milliseconds(20);
// From the answer to the own store having it.
constexpr absl::Duration kUntilKept = absl::Milliseconds(2);
constexpr size_t kMaxWaiting = 256;
constexpr size_t kMaxTogether = 8;

absl::Status OutcomeUnknown() {
  return MakeError(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN", "etcd has stopped answering");
}

}  // namespace

SimEngine::SimEngine(SimNode& node, SimEtcdClient& etcd, SimReplica& replica, cv::ReadLease& lease,
                     Outside outside)
    : node_(node), etcd_(etcd), replica_(replica), lease_(lease), outside_(std::move(outside)) {
  // Small, so that what is trimmed and forgotten is played too.
  policy_ = {.remembered_requests = 40, .kept_finished_failovers = 6, .keep_revisions = 3};
}

void SimEngine::After(absl::Duration delay, std::function<void()> task) {
  node_.executor().RunAt(node_.clock().SteadyNow() + delay, std::move(task));
}

void SimEngine::Propose(cv::Command command, Done done) {
  if (epoch_ == 0) return done(cv::NotRoot(outside_.role()));
  if (queue_.size() >= kMaxWaiting) {
    return done(MakeError(absl::StatusCode::kResourceExhausted, "OVERLOADED", "too many wait"));
  }
  queue_.push_back({std::move(command), std::move(done)});
  Pump();
}

void SimEngine::BeginReign(cv::Epoch epoch) {
  epoch_ = epoch;
  Pump();
}

void SimEngine::EndReign() {
  epoch_ = 0;
  RefuseWaiting(cv::NotRoot(outside_.role()));
}

void SimEngine::RefuseWaiting(const absl::Status& status) {
  for (Waiting& waiting : std::exchange(queue_, {})) waiting.done(status);
}

void SimEngine::Settle(int64_t batch_revision) {
  lease_.Settle(
      {.epoch = epoch_, .nodes = SimRootClaim::kNodesRevision, .batch_revision = batch_revision});
}

void SimEngine::Pump() {
  if (decided_ != nullptr || epoch_ == 0) return;
  if (replica_.tip().batch_revision >= committed_) Settle(replica_.tip().batch_revision);
  if (queue_.empty()) return;
  // What is waiting may be joined by more.
  decided_ = std::make_unique<Decided>();
  replica_.WhenApplied(committed_, kPatience, [this](bool applied) {
    if (!applied) RefuseWaiting(OutcomeUnknown());
    if (!applied || epoch_ == 0 || queue_.empty()) return decided_.reset();
    Decide();
    Attempt();
  });
}

void SimEngine::Decide() {
  const auto view = replica_.store().Snapshot();
  cv::VaultStateMachine machine(policy_, epoch_, *view);
  Decided& decided = *decided_;
  decided.begun = node_.clock().SteadyNow();
  decided.after = replica_.tip().batch_revision;
  const uint64_t lineage = replica_.tip().lineage;
  decided.origin = {.epoch = epoch_,
                    .proposal = node_.random().Next(),
                    .lineage = lineage != 0 ? lineage : node_.random().Next() | 1};
  while (!queue_.empty() && decided.dones.size() < kMaxTogether) {
    decided.outcomes.push_back(machine.Apply(std::move(queue_.front().command)));
    decided.dones.push_back(std::move(queue_.front().done));
    queue_.pop_front();
  }
  decided.batch = machine.batch();
  if (!decided.batch.mutations.empty()) lease_.Unsettle();
}

etcd::Transaction SimEngine::MakeTransaction() const {
  const etcd::SiteKeys& keys = replica_.keys();
  etcd::Transaction transaction;
  transaction.conditions = {{keys.Root(), static_cast<int64_t>(decided_->origin.epoch)},
                            {keys.Batch(), decided_->after}};
  transaction.reads_otherwise = {{keys.Root(), {}}, {keys.Batch(), {}}};
  if (!decided_->batch.mutations.empty()) {
    transaction.writes = etcd::EncodeBatch(keys, decided_->origin, decided_->batch);
  }
  return transaction;
}

void SimEngine::Attempt() {
  etcd_.Commit(MakeTransaction(), kAttemptTimeout, [this](const auto& result) {
    if (!result.ok()) return OnUnknown();
    if (result->succeeded) return Finish(result->header.revision);
    Judge(*result);
  });
}

void SimEngine::OnUnknown() {
  decided_->was_unknown = true;
  if (epoch_ != decided_->origin.epoch) {
    const bool done = replica_.FindProposal(decided_->origin.proposal) != 0;
    Answer(done ? absl::OkStatus() : OutcomeUnknown());
    decided_.reset();
    return Pump();
  }
  if (node_.clock().SteadyNow() - decided_->begun >= kPatience) {
    Answer(OutcomeUnknown());
    RefuseWaiting(OutcomeUnknown());
  }
  After(kAgain, [this] { Attempt(); });
}

void SimEngine::Judge(const etcd::TransactionResult& result) {
  const etcd::KeyValue root =
      result.otherwise[0].empty() ? etcd::KeyValue{} : result.otherwise[0][0];
  const etcd::KeyValue batch =
      result.otherwise[1].empty() ? etcd::KeyValue{} : result.otherwise[1][0];
  const auto summary = etcd::DecodeSummary(batch.value);
  if (summary.ok() && summary->origin == decided_->origin) return Finish(batch.mod_revision);
  const auto epoch = static_cast<cv::Epoch>(root.mod_revision);
  if (epoch == decided_->origin.epoch) {
    return Refuse(MakeError(absl::StatusCode::kAborted, "BATCH_CONFLICT", "another was first"));
  }
  JudgeDeposed(etcd::DecodeRootState(root.value, epoch), batch.mod_revision);
}

// Ours may have been done before the new root's batch took its place.
void SimEngine::JudgeDeposed(const cv::RoleState& root, int64_t batch_revision) {
  const absl::Status status = cv::NotRoot(root);
  if (!decided_->was_unknown || batch_revision <= decided_->after) return Deposed(status);
  replica_.WhenApplied(batch_revision, kPatience, [this, status](bool applied) {
    if (!applied) return OnUnknown();
    const int64_t seen = replica_.FindProposal(decided_->origin.proposal);
    seen != 0 ? Finish(seen) : Deposed(status);
  });
}

// Acknowledged before the own store has it: reads wait for the store.
void SimEngine::Finish(int64_t revision) {
  const bool changes = !decided_->batch.mutations.empty();
  if (changes) committed_ = revision;
  if (changes && !decided_->dones.empty()) outside_.on_acknowledged(decided_->origin.proposal);
  if (epoch_ == decided_->origin.epoch) Settle(changes ? revision : decided_->after);
  Answer(absl::OkStatus());
  After(kUntilKept, [this, revision] { Keep(revision); });
}

void SimEngine::Keep(int64_t revision) {
  const cv::Epoch epoch = decided_->origin.epoch;
  if (!decided_->batch.mutations.empty()) {
    replica_.ApplyOwn(revision, decided_->origin, decided_->batch);
  }
  decided_.reset();
  outside_.on_confirmed(epoch);
  Pump();
}

void SimEngine::Refuse(const absl::Status& status) {
  Answer(status);
  decided_.reset();
  Pump();
}

void SimEngine::Deposed(const absl::Status& status) {
  const cv::Epoch epoch = decided_->origin.epoch;
  Answer(status);
  decided_.reset();
  if (epoch_ == epoch) epoch_ = 0;
  RefuseWaiting(status);
  outside_.on_deposed(epoch);
}

void SimEngine::Answer(const absl::Status& status) {
  Decided& decided = *decided_;
  const std::vector<Done> dones = std::exchange(decided.dones, {});
  for (size_t i = 0; i < dones.size(); ++i) {
    dones[i](status.ok() ? decided.outcomes[i] : absl::StatusOr<cv::Outcome>(status));
  }
}

}  // namespace understudy::simulation
