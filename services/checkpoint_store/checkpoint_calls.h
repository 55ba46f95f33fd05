#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_CALLS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_CALLS_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/time/clock.h"
#include "services/checkpoint_store/checkpoint_engine.h"
#include "services/checkpoint_store/guess_guard.h"
#include "services/checkpoint_store/shared_directory.h"
#include "services/checkpoint_store/store_metrics.h"

namespace understudy::checkpoint_store {

// Told of sources that became blocked. Called on any thread.
class BlockObserver {
 public:
  virtual ~BlockObserver() = default;
  virtual void OnBlocked(const std::string& source, absl::Time time) = 0;
};

struct FetchReply {
  FetchOutcome outcome = {};
  std::string content = {};
};

// What devices ask, whichever face they use: guards against guessing, answers from the directory
// where that is enough, and has the engine decide the rest. Counts everything. Thread-safe; the
// answers come on the caller's thread or the engine's.
class CheckpointCalls {
 public:
  template <typename Value>
  using Done = absl::AnyInvocable<void(absl::StatusOr<Value>)>;

  // All must outlive the object.
  CheckpointCalls(const GuessPolicy& guard, const Clock& clock, const CheckpointStore& store,
                  const SharedDirectory& directory, CheckpointEngine& engine,
                  StoreMetrics& metrics, BlockObserver& observer);

  // Before anything else is done for a source (an address):
  //   RESOURCE_EXHAUSTED TOO_MANY_GUESSES, BLOCKED (metadata: retry_after_seconds)
  absl::Status Admit(const std::string& source);
  // Notes how a request of an admitted source ended.
  void Account(const std::string& source, StoreMetrics::Operation operation,
               const absl::Status& status);

  // None of these asks the guard; they account for what the request was.
  bool Probe(const Identifier& identifier, const std::string& source);
  void Fetch(checkpoint_store::Fetch fetch, Done<FetchReply> done);
  void Store(checkpoint_store::Store store, Done<StoreOutcome> done);
  void Enrol(checkpoint_store::Enrol enrol, Done<EnrolOutcome> done);
  // Stage, Withdraw, Revoke.
  void Admin(Command command, Done<Outcome> done);

  uint64_t guesses() const;
  size_t source_count() const;

 private:
  using Operation = StoreMetrics::Operation;

  // Of an admitted source. The same steps for every result, so that the time tells none.
  void Note(const std::string& source, Operation operation, StoreMetrics::Result result,
            bool is_guess);
  absl::StatusOr<FetchReply> ReadContent(const FetchOutcome& outcome) const;
  // From the directory alone; false when the engine must decide.
  bool FetchDirectly(const checkpoint_store::Fetch& fetch, absl::StatusOr<FetchReply>& reply) const;

  const Clock& clock_;
  const CheckpointStore& store_;
  const SharedDirectory& directory_;
  CheckpointEngine& engine_;
  StoreMetrics& metrics_;
  BlockObserver& observer_;
  mutable absl::Mutex mutex_;
  GuessGuard guard_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_CALLS_H_
