#include "services/checkpoint_store/checkpoint_calls.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/checkpoint_store/checkpoint_state_machine.h"
#include "services/checkpoint_store/directory_view.h"
#include "services/checkpoint_store/guess_reasons.h"

namespace understudy::checkpoint_store {
namespace {

// Content may be erased between being found and being read, each time a device stores; more often
// in a row than this it is missing.
constexpr int kReadAttempts = 4;

absl::Status Refusal(const GuessGuard::Verdict& verdict) {
  const auto seconds =
      static_cast<int64_t>(std::ceil(absl::ToDoubleSeconds(verdict.retry_after)));
  return MakeError(absl::StatusCode::kResourceExhausted,
                   verdict.blocked ? "BLOCKED" : "TOO_MANY_GUESSES",
                   absl::StrCat("too many requests with identifiers that nobody has; come back in ",
                                seconds, " s"),
                   {{"retry_after_seconds", absl::StrCat(seconds)}});
}

template <typename Value>
absl::StatusOr<Value> Narrow(absl::StatusOr<Outcome> outcome) {
  if (!outcome.ok()) return outcome.status();
  return std::get<Value>(*std::move(outcome));
}

}  // namespace

CheckpointCalls::CheckpointCalls(const GuessPolicy& guard, const Clock& clock,
                                 const CheckpointStore& store, const SharedDirectory& directory,
                                 CheckpointEngine& engine, StoreMetrics& metrics,
                                 BlockObserver& observer)
    : clock_(clock),
      store_(store),
      directory_(directory),
      engine_(engine),
      metrics_(metrics),
      observer_(observer),
      guard_(guard) {}

absl::Status CheckpointCalls::Admit(const std::string& source) {
  const std::string key = SourceOf(source);
  GuessGuard::Verdict verdict;
  {
    absl::MutexLock lock(&mutex_);
    verdict = guard_.Admit(key, clock_.SteadyNow());
  }
  return verdict.admitted ? absl::OkStatus() : Refusal(verdict);
}

void CheckpointCalls::Account(const std::string& source, Operation operation,
                              const absl::Status& status) {
  const StoreMetrics::Result result = StoreMetrics::ResultOf(status);
  if (status.ok() || IsGuess(status)) return Note(source, operation, result, !status.ok());
  metrics_.CountRequest(operation, result);
}

void CheckpointCalls::Note(const std::string& source, Operation operation,
                           StoreMetrics::Result result, bool is_guess) {
  metrics_.CountRequest(operation, result);
  metrics_.guesses.Add(is_guess ? 1 : 0);
  const std::string key = SourceOf(source);
  bool blocked = false;
  {
    absl::MutexLock lock(&mutex_);
    blocked = guard_.Note(key, is_guess, clock_.SteadyNow());
  }
  if (!blocked) return;
  metrics_.refused_sources.Add();
  observer_.OnBlocked(source, clock_.WallNow());
}

bool CheckpointCalls::Probe(const Identifier& identifier, const std::string& source) {
  const bool taken = directory_.With([&](const DeviceDirectory& directory) {
    return directory.FindByIdentifier(identifier) != nullptr;
  });
  using Result = StoreMetrics::Result;
  Note(source, Operation::kProbe, taken ? Result::kOk : Result::kNotFound, !taken);
  return taken;
}

absl::StatusOr<FetchReply> CheckpointCalls::ReadContent(const FetchOutcome& outcome) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::string content,
                              store_.ReadContent(outcome.device, outcome.info.slot));
  return FetchReply{outcome, std::move(content)};
}

bool CheckpointCalls::FetchDirectly(const checkpoint_store::Fetch& fetch,
                                    absl::StatusOr<FetchReply>& reply) const {
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    const FetchDecision decision = directory_.With([&](const DeviceDirectory& directory) {
      return DecideFetch(DirectoryView(directory, store_), fetch);
    });
    if (decision.needs_command) return false;
    if (!decision.answer.ok()) {
      reply = decision.answer.status();
      return true;
    }
    reply = ReadContent(*decision.answer);
    if (ErrorReason(reply.status()) != "CONTENT_NOT_FOUND") return true;
  }
  reply = MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                    "the content of a kept generation is missing");
  return true;
}

void CheckpointCalls::Fetch(checkpoint_store::Fetch fetch, Done<FetchReply> done) {
  absl::StatusOr<FetchReply> reply = FetchReply();
  std::string source = fetch.source;
  if (FetchDirectly(fetch, reply)) {
    Account(source, Operation::kFetch, reply.status());
    done(std::move(reply));
    return;
  }
  engine_.Propose(std::move(fetch), [this, source = std::move(source), done = std::move(done)](
                                        absl::StatusOr<Outcome> outcome) mutable {
    absl::StatusOr<FetchOutcome> found = Narrow<FetchOutcome>(std::move(outcome));
    absl::StatusOr<FetchReply> answer =
        found.ok() ? ReadContent(*found) : absl::StatusOr<FetchReply>(found.status());
    Account(source, Operation::kFetch, answer.status());
    done(std::move(answer));
  });
}

void CheckpointCalls::Store(checkpoint_store::Store store, Done<StoreOutcome> done) {
  std::string source = store.source;
  engine_.Propose(std::move(store), [this, source = std::move(source), done = std::move(done)](
                                        absl::StatusOr<Outcome> outcome) mutable {
    absl::StatusOr<StoreOutcome> answer = Narrow<StoreOutcome>(std::move(outcome));
    Account(source, Operation::kStore, answer.status());
    done(std::move(answer));
  });
}

void CheckpointCalls::Enrol(checkpoint_store::Enrol enrol, Done<EnrolOutcome> done) {
  engine_.Propose(std::move(enrol),
                  [this, done = std::move(done)](absl::StatusOr<Outcome> outcome) mutable {
                    absl::StatusOr<EnrolOutcome> answer = Narrow<EnrolOutcome>(std::move(outcome));
                    metrics_.CountRequest(Operation::kEnrol,
                                          StoreMetrics::ResultOf(answer.status()));
                    done(std::move(answer));
                  });
}

void CheckpointCalls::Admin(Command command, Done<Outcome> done) {
  engine_.Propose(std::move(command),
                  [this, done = std::move(done)](absl::StatusOr<Outcome> outcome) mutable {
                    metrics_.CountRequest(Operation::kAdmin,
                                          StoreMetrics::ResultOf(outcome.status()));
                    done(std::move(outcome));
                  });
}

uint64_t CheckpointCalls::guesses() const {
  absl::MutexLock lock(&mutex_);
  return guard_.guesses();
}

size_t CheckpointCalls::source_count() const {
  absl::MutexLock lock(&mutex_);
  return guard_.source_count();
}

}  // namespace understudy::checkpoint_store
