#include "services/membership/record_writer.h"

#include <iterator>
#include <utility>

#include "common/status/status.h"

namespace understudy::membership {
namespace {

// Whether trying again may help.
bool IsTransient(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kPermissionDenied:
      return false;
    default:
      return true;
  }
}

}  // namespace

RecordWriter::RecordWriter(const Options& options, Executor& executor, const Clock& clock,
                           Random& random, StationRegistry& registry, Observer observer)
    : options_(options),
      executor_(executor),
      clock_(clock),
      random_(random),
      registry_(registry),
      observer_(std::move(observer)),
      backoff_(options.backoff) {}

void RecordWriter::Reset(const std::vector<StationRecord>& records) {
  ++generation_;
  std::map<std::string, Entry> old = std::exchange(entries_, {});
  ready_.clear();
  delayed_.clear();
  in_flight_ = 0;
  for (const StationRecord& record : records) entries_[record.id].stored = record;
  const absl::Status replaced =
      MakeError(absl::StatusCode::kUnavailable, "NOT_ROOT", "another reign began meanwhile");
  for (auto& [id, entry] : old) {
    if (!entry.pending.has_value()) continue;
    for (Done& done : entry.pending->done) done(replaced);
  }
}

void RecordWriter::Write(const StationRecord& record, Done done) {
  Entry& entry = entries_[record.id];
  if (!entry.in_flight && !entry.pending.has_value() && entry.stored.has_value() &&
      SameButForTime(*entry.stored, record)) {
    done(absl::OkStatus());
    return;
  }
  if (!entry.pending.has_value()) entry.pending.emplace();
  entry.pending->record = record;
  entry.pending->done.push_back(std::move(done));
  Enqueue(record.id, entry);
  Pump();
}

void RecordWriter::Sync(const StationRecord& record) {
  Entry& entry = entries_[record.id];
  if (!entry.pending.has_value()) entry.pending.emplace();
  entry.pending->record = record;
  entry.pending->retry = true;
  Enqueue(record.id, entry);
  Pump();
}

void RecordWriter::Forget(const std::string& station_id) {
  entries_.erase(station_id);
  registry_.Remove(station_id, epoch_, [](const absl::Status&) {});
}

void RecordWriter::Enqueue(const std::string& id, Entry& entry) {
  if (entry.queued || entry.in_flight) return;
  entry.queued = true;
  ready_.push_back(id);
}

void RecordWriter::Pump() {
  while (in_flight_ < options_.max_in_flight && !ready_.empty()) {
    const std::string id = std::move(ready_.front());
    ready_.pop_front();
    const auto found = entries_.find(id);
    if (found != entries_.end() && found->second.pending.has_value()) Start(id, found->second);
  }
}

void RecordWriter::Start(const std::string& id, Entry& entry) {
  entry.queued = false;
  entry.in_flight = true;
  ++in_flight_;
  Pending pending = *std::exchange(entry.pending, std::nullopt);
  const StationRecord record = pending.record;
  registry_.Put(
      record, epoch_,
      [this, generation = generation_, id,
       pending = std::move(pending)](const absl::Status& status) mutable {
        executor_.Post([this, generation, id, pending = std::move(pending), status]() mutable {
          Finish(generation, id, std::move(pending), status);
        });
      });
}

void RecordWriter::Finish(uint64_t generation, const std::string& id, Pending pending,
                          const absl::Status& status) {
  observer_(status);
  if (generation == generation_) {
    --in_flight_;
    const auto found = entries_.find(id);
    if (found != entries_.end()) Settle(id, found->second, pending, status);
  }
  for (Done& done : pending.done) done(status);
  Pump();
}

void RecordWriter::Settle(const std::string& id, Entry& entry, const Pending& written,
                          const absl::Status& status) {
  entry.in_flight = false;
  // After an error nobody knows whether the vault has it.
  entry.stored = status.ok() ? std::optional(written.record) : std::nullopt;
  if (status.ok()) backoff_.Reset();
  if (entry.pending.has_value()) {
    entry.pending->retry |= written.retry && !status.ok();
    Enqueue(id, entry);
  } else if (!status.ok() && written.retry && IsTransient(status)) {
    RetryLater(id, entry, {.record = written.record, .done = {}, .retry = true});
  } else if (!status.ok()) {
    entries_.erase(id);
  }
}

void RecordWriter::RetryLater(const std::string& id, Entry& entry, Pending pending) {
  entry.pending = std::move(pending);
  entry.queued = true;
  delayed_.push_back(id);
  if (retry_timer_set_) return;
  retry_timer_set_ = true;
  executor_.RunAt(clock_.SteadyNow() + backoff_.Next(random_), [this] { RetryNow(); });
}

void RecordWriter::RetryNow() {
  retry_timer_set_ = false;
  std::vector<std::string> delayed = std::exchange(delayed_, {});
  ready_.insert(ready_.end(), std::make_move_iterator(delayed.begin()),
                std::make_move_iterator(delayed.end()));
  Pump();
}

}  // namespace understudy::membership
