#include "services/config_vault/etcd/read_gate.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace understudy::config_vault::etcd {

// Outlives the gate while etcd is being asked.
struct ReadGate::Shared {
  const ReadGateOptions options;
  EtcdClient& client;
  Replica& replica;
  const Clock& clock;

  absl::Mutex mutex;
  std::vector<Then> waiting ABSL_GUARDED_BY(mutex);
  bool asking ABSL_GUARDED_BY(mutex) = false;
  // When the question was put whose answer the replica has reached.
  std::optional<SteadyTime> current_at ABSL_GUARDED_BY(mutex);
};

ReadGate::ReadGate(const ReadGateOptions& options, EtcdClient& client, Replica& replica,
                   const ReadLease& lease, const Clock& clock, ReadGateObserver& observer)
    : shared_(new Shared{.options = options,
                         .client = client,
                         .replica = replica,
                         .clock = clock,
                         .mutex = {},
                         .waiting = {},
                         .asking = false,
                         .current_at = {}}),
      lease_(lease),
      observer_(observer) {}

ReadGate::~ReadGate() = default;

std::optional<int64_t> ReadGate::BatchToRead() const {
  if (!shared_->replica.tip().following) return std::nullopt;
  return lease_.BatchToRead(shared_->clock.SteadyNow());
}

bool ReadGate::MayReadAtOnce() const {
  const std::optional<int64_t> batch = BatchToRead();
  // What was committed a moment ago is not in the store yet; nor may it be in a snapshot that the
  // replica was filled from.
  return batch.has_value() && shared_->replica.tip().batch_revision >= *batch;
}

bool ReadGate::IsCurrent(size_t reads) {
  const bool at_once = MayReadAtOnce();
  if (at_once) observer_.OnReads(reads, /*asks_etcd=*/false);
  return at_once;
}

void ReadGate::WhenCurrent(size_t reads, Then then) {
  const std::optional<int64_t> batch = BatchToRead();
  observer_.OnReads(reads, /*asks_etcd=*/!batch.has_value());
  if (!batch.has_value()) return AskFor(std::move(then));
  shared_->replica.WhenApplied(*batch, shared_->options.timeout, std::move(then));
}

void ReadGate::Confirm() {
  const SteadyTime now = shared_->clock.SteadyNow();
  if (!MayReadAtOnce()) return AskFor([](const absl::Status&) {});
  absl::MutexLock lock(&shared_->mutex);
  shared_->current_at = std::max(shared_->current_at.value_or(now), now);
}

void ReadGate::AskFor(Then then) {
  {
    absl::MutexLock lock(&shared_->mutex);
    shared_->waiting.push_back(std::move(then));
    if (std::exchange(shared_->asking, true)) return;
  }
  Ask(shared_);
}

absl::Duration ReadGate::DataAge() const {
  if (MayReadAtOnce()) return absl::ZeroDuration();
  absl::MutexLock lock(&shared_->mutex);
  if (!shared_->current_at.has_value()) return absl::InfiniteDuration();
  return shared_->clock.SteadyNow() - *shared_->current_at;
}

void ReadGate::Ask(const std::shared_ptr<Shared>& shared) {
  std::vector<Then> readers;
  {
    absl::MutexLock lock(&shared->mutex);
    readers.swap(shared->waiting);
    if (readers.empty()) {
      shared->asking = false;
      return;
    }
  }
  const SteadyTime asked = shared->clock.SteadyNow();
  shared->client.Range(
      {.keys = {shared->replica.keys().Batch(), {}}, .keys_only = true}, shared->options.timeout,
      [shared, asked, readers = std::move(readers)](absl::StatusOr<RangeResult> result) mutable {
        Answered(shared, asked, std::move(readers), std::move(result));
      });
}

void ReadGate::Answered(const std::shared_ptr<Shared>& shared, SteadyTime asked,
                        std::vector<Then> readers, absl::StatusOr<RangeResult> result) {
  // Those who came meanwhile need a question of their own.
  Ask(shared);
  if (!result.ok()) {
    for (Then& reader : readers) reader(result.status());
    return;
  }
  const int64_t latest = result->values.empty() ? 0 : result->values.front().mod_revision;
  auto then = [shared, asked, readers = std::move(readers)](const absl::Status& status) mutable {
    if (status.ok()) {
      absl::MutexLock lock(&shared->mutex);
      shared->current_at = std::max(shared->current_at.value_or(asked), asked);
    }
    for (Then& reader : readers) reader(status);
  };
  shared->replica.WhenApplied(latest, shared->options.timeout, std::move(then));
}

}  // namespace understudy::config_vault::etcd
