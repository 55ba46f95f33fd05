#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_RECORD_WRITER_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_RECORD_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "common/executor/executor.h"
#include "common/random/random.h"
#include "common/rpc/backoff.h"
#include "common/time/clock.h"
#include "services/membership/station_registry.h"

namespace understudy::membership {

// Keeps the vault's station records like ours. Per station at most one write is under way and one
// waits (a newer one takes its place), so records never overtake each other and the queue is no
// longer than the site is large. Across stations at most `max_in_flight` are under way, which the
// vault commits together.
//
// Lives on `executor`: all calls and callbacks are made there.
class RecordWriter {
 public:
  struct Options {
    size_t max_in_flight = 64;
    rpc::BackoffPolicy backoff;
  };
  using Done = absl::AnyInvocable<void(const absl::Status&)>;
  // Told of each finished write.
  using Observer = std::function<void(const absl::Status&)>;

  // All must outlive the writer.
  RecordWriter(const Options& options, Executor& executor, const Clock& clock, Random& random,
               StationRegistry& registry, Observer observer);

  // Of the root that the writes are made for.
  void SetEpoch(uint64_t epoch) { epoch_ = epoch; }
  // The vault has exactly these records. Waiting writes fail with UNAVAILABLE NOT_ROOT.
  void Reset(const std::vector<StationRecord>& records);

  // Writes once; the error is the caller's. OK at once when the vault has the record already, but
  // for the time of joining. A newer record that took its place answers for it.
  void Write(const StationRecord& record, Done done);
  // Writes, again and again with backoff until it is done.
  void Sync(const StationRecord& record);
  // Removes the record, once; a record that stays is listed as having left, no more.
  void Forget(const std::string& station_id);

  // Stations whose record waits or is under way.
  size_t waiting() const { return ready_.size() + delayed_.size() + in_flight_; }

 private:
  struct Pending {
    StationRecord record;
    std::vector<Done> done;
    bool retry = false;
  };
  struct Entry {
    // What the vault has, as far as we know.
    std::optional<StationRecord> stored;
    std::optional<Pending> pending;
    bool queued = false;
    bool in_flight = false;
  };

  void Enqueue(const std::string& id, Entry& entry);
  void Pump();
  void Start(const std::string& id, Entry& entry);
  void Finish(uint64_t generation, const std::string& id, Pending pending,
              const absl::Status& status);
  // What a finished write leaves of its entry, and to do.
  void Settle(const std::string& id, Entry& entry, const Pending& written,
              const absl::Status& status);
  void RetryLater(const std::string& id, Entry& entry, Pending pending);
  void RetryNow();

  const Options options_;
  Executor& executor_;
  const Clock& clock_;
  Random& random_;
  StationRegistry& registry_;
  const Observer observer_;
  rpc::Backoff backoff_;
  uint64_t epoch_ = 0;
  // Of the records: answers to writes of an earlier one are ignored.
  uint64_t generation_ = 0;
  std::map<std::string, Entry> entries_;
  // Stations whose pending record may be written, first come, first served.
  std::deque<std::string> ready_;
  // Stations that wait for the retry timer.
  std::vector<std::string> delayed_;
  bool retry_timer_set_ = false;
  size_t in_flight_ = 0;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_RECORD_WRITER_H_
