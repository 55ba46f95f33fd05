#include "services/config_vault/etcd/etcd_engine.h"

#include <pthread.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/etcd_errors.h"
#include "services/config_vault/etcd/root_record_codec.h"
#include "services/config_vault/not_root.h"
#include "services/config_vault/root_key.h"
#include "services/config_vault/vault_state_machine.h"

namespace understudy::config_vault::etcd {
namespace {

// What a command without content counts for, and how many writes one command makes at most.
constexpr size_t kCommandBytes = 1024;
constexpr size_t kCommandWrites = 4;

size_t BytesOf(const Command& command) {
  const auto* put = std::get_if<PutDocument>(&command);
  return kCommandBytes + (put == nullptr ? 0 : put->packed.size());
}

// Of the admitted nodes, where the batch changes them.
std::optional<Revision> NodesRevision(const VaultBatch& batch) {
  std::optional<Revision> revision;
  for (const Mutation& mutation : batch.mutations) {
    const auto* write = std::get_if<WriteRevision>(&mutation);
    const bool changes = write != nullptr && write->revision.info.name == kControlNodesDocument;
    if (changes) revision = write->revision.info.revision;
  }
  return revision;
}

absl::Status ShuttingDown() {
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the vault is shutting down");
}

absl::Status OutcomeUnknown(const absl::Status& status) {
  return MakeError(
      absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN",
      absl::StrCat(
          "etcd has stopped answering: whether the write happened is unknown, it may be repeated (",
          std::string(status.message()), ")"));
}

}  // namespace

void EtcdEngine::Callers::Answer(const absl::Status& status) {
  for (size_t i = 0; i < dones.size(); ++i) {
    dones[i](status.ok() ? std::move(outcomes[i]) : absl::StatusOr<Outcome>(status));
  }
  dones.clear();
}

EtcdEngine::EtcdEngine(const EtcdEngineOptions& options, EtcdClient& client, Replica& replica,
                       VaultStore& store, const Clock& clock, const RoleFeed& role,
                       ReadLease& lease, EtcdEngineObserver& observer)
    : options_(options),
      client_(client),
      replica_(replica),
      store_(store),
      clock_(clock),
      role_(role),
      lease_(lease),
      observer_(observer),
      thread_([this] { Loop(); }) {
  pthread_setname_np(thread_.native_handle(), "vault-write");
}

EtcdEngine::~EtcdEngine() { Stop(); }

absl::Status EtcdEngine::Admit(size_t bytes) const {
  if (stopping_) return ShuttingDown();
  if (epoch_ == 0) return NotRoot(role_.current());
  if (!unreachable_.ok()) return unreachable_;
  if (queue_.size() < options_.max_waiting_commands &&
      waiting_bytes_ + bytes <= options_.max_waiting_bytes) {
    return absl::OkStatus();
  }
  return MakeError(
      absl::StatusCode::kResourceExhausted, "OVERLOADED",
      absl::StrCat(queue_.size(), " writes of ", waiting_bytes_,
                   " bytes wait for etcd already; the limits are ", options_.max_waiting_commands,
                   " and ", options_.max_waiting_bytes));
}

void EtcdEngine::Propose(Command command, Done done) {
  const size_t bytes = BytesOf(command);
  absl::Status admitted;
  {
    absl::MutexLock lock(&mutex_);
    admitted = Admit(bytes);
    if (admitted.ok()) {
      queue_.push_back({std::move(command), bytes, std::move(done)});
      waiting_bytes_ += bytes;
      wake_.Signal();
      return;
    }
  }
  done(std::move(admitted));
}

void EtcdEngine::SetListener(Listener listener) { listener_ = std::move(listener); }

void EtcdEngine::BeginReign(Epoch epoch) {
  replication_.Begin();
  absl::MutexLock lock(&mutex_);
  epoch_ = epoch;
  begins_ = true;
  wake_.Signal();
}

void EtcdEngine::EndReign() {
  {
    absl::MutexLock lock(&mutex_);
    epoch_ = 0;
    wake_.Signal();
  }
  RefuseWaiting(NotRoot(role_.current()));
  replication_.End(NotReplicated());
}

ReplicaProgress EtcdEngine::progress() const {
  const Replica::Tip tip = replica_.tip();
  return {.following = tip.following, .applied = static_cast<uint64_t>(tip.applied)};
}

void EtcdEngine::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.Signal();
  }
  if (thread_.joinable()) thread_.join();
  RefuseWaiting(ShuttingDown());
  replication_.End(ShuttingDown());
}

void EtcdEngine::RefuseWaiting(const absl::Status& status) {
  Queue refused;
  {
    absl::MutexLock lock(&mutex_);
    refused.swap(queue_);
    waiting_bytes_ = 0;
  }
  for (Waiting& waiting : refused) waiting.done(status);
}

void EtcdEngine::Loop() {
  while (const std::optional<Epoch> epoch = WaitForWork()) Run(*epoch);
}

void EtcdEngine::Run(Epoch epoch) {
  absl::MutexLock lock(&commit_mutex_);
  if (!AwaitReplica()) return;
  SettleReign(epoch);
  Decided decided = Decide(epoch);
  if (decided.callers.dones.empty()) return;
  // Sentinels may see it before its answer is here.
  if (!decided.batch.mutations.empty()) lease_.Unsettle();
  CommitUntilKnown(decided);
}

void EtcdEngine::SettleReign(Epoch epoch) {
  {
    absl::MutexLock lock(&mutex_);
    if (!std::exchange(begins_, false)) return;
  }
  // The replica has come to the claim of this reign: nothing of an earlier one is still to come.
  const auto nodes = store_.Snapshot()->FindHead(kControlNodesDocument);
  const bool is_known = nodes.ok() && nodes->has_value();
  nodes_revision_ = is_known ? (*nodes)->latest.revision : 0;
  Settle(epoch, replica_.tip().batch_revision);
}

void EtcdEngine::Settle(Epoch epoch, int64_t batch_revision) {
  absl::MutexLock lock(&mutex_);
  if (epoch_ != epoch) return;
  lease_.Settle({.epoch = epoch, .nodes = nodes_revision_, .batch_revision = batch_revision});
}

absl::StatusOr<Restored> EtcdEngine::Restore(BackupRecords& backup, const RestoreOptions& options) {
  absl::MutexLock lock(&commit_mutex_);
  Epoch epoch = 0;
  {
    absl::MutexLock queue_lock(&mutex_);
    if (stopping_) return ShuttingDown();
    if (epoch_ == 0) return NotRoot(role_.current());
    epoch = epoch_;
  }
  lease_.Unsettle();
  const absl::StatusOr<Restored> restored = replica_.Restore(epoch, backup, options);
  if (ErrorReason(restored.status()) == "NOT_EMPTY") {
    Settle(epoch, replica_.tip().batch_revision);
    return restored;
  }
  {
    // What waits is decided under the new epoch, which the key `root` tells of; or, where the
    // replica is half filled, by whoever is root next.
    absl::MutexLock queue_lock(&mutex_);
    if (epoch_ == epoch) epoch_ = 0;
  }
  if (!restored.ok() && listener_.on_deposed) listener_.on_deposed(epoch);
  return restored;
}

std::optional<Epoch> EtcdEngine::WaitForWork() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_ && (epoch_ == 0 || (queue_.empty() && !begins_))) wake_.Wait(&mutex_);
  if (stopping_) return std::nullopt;
  return epoch_;
}

bool EtcdEngine::AwaitReplica() {
  const Replica::Tip tip = replica_.tip();
  if (tip.batch_revision >= committed_ || tip.epoch_base != committed_base_) return true;
  if (replica_.FindProposal(0, committed_, options_.patience).has_value()) return true;
  RefuseWaiting(MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR",
                          "this node's disk does not take what was written last"));
  return false;
}

std::optional<EtcdEngine::Waiting> EtcdEngine::TakeCommand(size_t bytes_left) {
  absl::MutexLock lock(&mutex_);
  if (queue_.empty() || queue_.front().bytes > bytes_left) return std::nullopt;
  Waiting waiting = std::move(queue_.front());
  queue_.pop_front();
  waiting_bytes_ -= waiting.bytes;
  return waiting;
}

EtcdEngine::Decided EtcdEngine::Decide(Epoch epoch) {
  const Replica::Tip tip = replica_.tip();
  const std::unique_ptr<VaultReader> view = store_.Snapshot();
  VaultStateMachine machine(options_.policy, epoch, *view);
  Decided decided;
  decided.after = tip.batch_revision;
  decided.epoch_base = tip.epoch_base;
  decided.origin = {.epoch = epoch,
                    .proposal = random_.Next(),
                    .lineage = tip.lineage != 0 ? tip.lineage : random_.Next() | 1};
  size_t writes = 1;
  size_t bytes = 0;
  size_t counted = 0;
  while (writes + kCommandWrites <= options_.max_transaction_writes) {
    // The first may be larger than all: etcd decides whether it is too large.
    const size_t left =
        decided.callers.dones.empty() ? SIZE_MAX : options_.max_transaction_bytes - bytes;
    std::optional<Waiting> next = TakeCommand(left);
    if (!next.has_value()) break;
    bytes = std::min(bytes + next->bytes, options_.max_transaction_bytes);
    decided.callers.outcomes.push_back(machine.Apply(std::move(next->command)));
    decided.callers.dones.push_back(std::move(next->done));
    const std::vector<Mutation>& mutations = machine.batch().mutations;
    while (counted < mutations.size()) writes += CountWrites(mutations[counted++]);
  }
  decided.commands = decided.callers.dones.size();
  decided.batch = machine.batch();
  return decided;
}

Transaction EtcdEngine::MakeTransaction(const Decided& decided) const {
  const SiteKeys& keys = replica_.keys();
  const int64_t root = static_cast<int64_t>(decided.origin.epoch) - replica_.epoch_base();
  Transaction transaction;
  transaction.conditions = {{keys.Root(), root}, {keys.Batch(), decided.after}};
  transaction.reads_otherwise = {{keys.Root(), {}}, {keys.Batch(), {}}};
  // Even what changes nothing is sent: a deposed root's refusals may rest on an old state.
  if (!decided.batch.mutations.empty()) {
    transaction.writes = EncodeBatch(keys, decided.origin, decided.batch);
  }
  return transaction;
}

void EtcdEngine::CommitUntilKnown(Decided& decided) {
  const SteadyTime start = clock_.SteadyNow();
  rpc::Backoff backoff(options_.backoff);
  bool was_unknown = false;
  for (size_t attempts = 1;; ++attempts) {
    const Verdict verdict = Attempt(decided, was_unknown);
    const absl::Duration took = clock_.SteadyNow() - start;
    if (verdict.result != Result::kUnknown) return Finish(decided, verdict, took);
    was_unknown = true;
    if (IsOver(decided.origin.epoch)) return Abandon(decided, verdict.status);
    if (took >= options_.patience) GiveUp(decided, verdict.status);
    if (attempts >= client_.endpoint_count()) Pause(backoff.Next(random_));
  }
}

EtcdEngine::Verdict EtcdEngine::Attempt(Decided& decided, bool was_unknown) {
  const auto result = Await<TransactionResult>([&](auto done) {
    client_.Commit(MakeTransaction(decided), options_.attempt_timeout,
                   [this, &decided, done = std::move(done)](auto answer) mutable {
                     if (answer.ok() && answer->succeeded) {
                       Acknowledge(decided, answer->header.revision);
                     }
                     done(std::move(answer));
                   });
  });
  if (!result.ok()) {
    // That this attempt was refused says nothing about an earlier one.
    const bool is_unknown = was_unknown || IsOutcomeUnknown(result.status());
    return {.result = is_unknown ? Result::kUnknown : Result::kRefused, .status = result.status()};
  }
  if (!result->succeeded) return JudgeRefusal(decided, *result, was_unknown);
  return {.result = Result::kDone, .revision = result->header.revision};
}

EtcdEngine::Verdict EtcdEngine::JudgeRefusal(const Decided& decided,
                                             const TransactionResult& result, bool was_unknown) {
  const KeyValue root = result.otherwise[0].empty() ? KeyValue{} : result.otherwise[0][0];
  const KeyValue batch = result.otherwise[1].empty() ? KeyValue{} : result.otherwise[1][0];
  const absl::StatusOr<BatchSummary> summary = DecodeSummary(batch.value);
  if (summary.ok() && summary->origin == decided.origin) {
    return {.result = Result::kDone, .revision = batch.mod_revision};
  }
  const int64_t base = replica_.epoch_base();
  const auto epoch = static_cast<Epoch>(root.mod_revision + base);
  const bool is_lost = root.mod_revision == 0 && epoch < decided.origin.epoch;
  if (is_lost || epoch == decided.origin.epoch) {
    return {.result = Result::kRefused,
            .status = MakeError(absl::StatusCode::kAborted, "BATCH_CONFLICT",
                                "another batch was written first; nothing happened")};
  }
  Verdict verdict{.result = Result::kDeposed,
                  .status = NotRoot(DecodeRootState(root.value, epoch))};
  // Ours may have been done before the new root's batch took its place: our replica will have seen
  // it by the time it sees that.
  if (was_unknown && batch.mod_revision > decided.after) {
    const std::optional<int64_t> seen =
        replica_.FindProposal(decided.origin.proposal, batch.mod_revision, options_.patience);
    if (!seen.has_value()) return {.result = Result::kUnknown, .status = verdict.status};
    if (*seen != 0) verdict = {.result = Result::kDone, .revision = *seen};
  }
  return verdict;
}

void EtcdEngine::Finish(Decided& decided, const Verdict& verdict, absl::Duration took) {
  SetReachable(absl::OkStatus());
  const Epoch epoch = decided.origin.epoch;
  if (verdict.result == Result::kDone) {
    observer_.OnCommitted(decided.commands, took);
    Acknowledge(decided, verdict.revision);
    Keep(decided, verdict.revision);
    if (listener_.on_confirmed) listener_.on_confirmed(epoch);
    return;
  }
  if (verdict.result == Result::kRefused) Settle(epoch, replica_.tip().batch_revision);
  decided.callers.Answer(verdict.status);
  if (verdict.result != Result::kDeposed) return;
  {
    absl::MutexLock lock(&mutex_);
    if (epoch_ == epoch) epoch_ = 0;
  }
  RefuseWaiting(verdict.status);
  if (listener_.on_deposed) listener_.on_deposed(epoch);
}

void EtcdEngine::Keep(const Decided& decided, int64_t revision) {
  if (decided.batch.mutations.empty()) return;
  committed_ = revision;
  committed_base_ = decided.epoch_base;
  // Where the local disk fails the write stands all the same: a majority has it. Reads ask etcd.
  if (!replica_.ApplyOwn(revision, decided.origin, decided.batch).ok()) lease_.Unsettle();
}

void EtcdEngine::Acknowledge(Decided& decided, int64_t revision) {
  // What changes nothing says what stood before, which may wait for another replica still.
  const int64_t stands_at = decided.batch.mutations.empty() ? decided.after : revision;
  nodes_revision_ = NodesRevision(decided.batch).value_or(nodes_revision_);
  Settle(decided.origin.epoch, stands_at);
  const auto kept = std::make_shared<Callers>(std::exchange(decided.callers, {}));
  if (!options_.replicated || kept->dones.empty()) return kept->Answer(absl::OkStatus());
  replication_.Add(stands_at, clock_.SteadyNow() + options_.patience,
                   [kept](const absl::Status& status) { kept->Answer(status); });
}

void EtcdEngine::OnPeerProgress(uint64_t applied) {
  replication_.Reach(static_cast<int64_t>(applied));
}

void EtcdEngine::ExpireWaiting() { replication_.Expire(clock_.SteadyNow()); }

void EtcdEngine::GiveUp(Decided& decided, const absl::Status& status) {
  decided.callers.Answer(OutcomeUnknown(status));
  SetReachable(status);
  absl::Status refusal;
  {
    absl::MutexLock lock(&mutex_);
    refusal = unreachable_;
  }
  RefuseWaiting(refusal);
}

void EtcdEngine::Abandon(Decided& decided, const absl::Status& status) {
  const std::optional<int64_t> seen =
      replica_.FindProposal(decided.origin.proposal, 0, absl::ZeroDuration());
  decided.callers.Answer(seen.value_or(0) != 0 ? absl::OkStatus() : OutcomeUnknown(status));
  SetReachable(absl::OkStatus());
}

void EtcdEngine::SetReachable(const absl::Status& state) {
  {
    absl::MutexLock lock(&mutex_);
    if (state.ok() == unreachable_.ok()) return;
    if (state.ok()) {
      unreachable_ = absl::OkStatus();
    } else {
      const std::string since =
          absl::FormatTime(absl::RFC3339_sec, clock_.WallNow(), absl::UTCTimeZone());
      unreachable_ = MakeError(absl::StatusCode::kUnavailable, "ETCD_UNREACHABLE",
                               absl::StrCat("writes have been refused since ", since,
                                            " because etcd does not answer; reads go on (",
                                            std::string(state.message()), ")"),
                               {{"since", since}});
    }
  }
  observer_.OnReachable(state);
}

bool EtcdEngine::IsOver(Epoch epoch) const {
  absl::MutexLock lock(&mutex_);
  return stopping_ || epoch_ != epoch;
}

void EtcdEngine::Pause(absl::Duration pause) {
  absl::MutexLock lock(&mutex_);
  if (!stopping_) wake_.WaitWithTimeout(&mutex_, pause);
}

}  // namespace understudy::config_vault::etcd
