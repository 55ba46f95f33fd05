#ifndef UNDERSTUDY_COMMON_VAULT_DOCUMENT_READER_H_
#define UNDERSTUDY_COMMON_VAULT_DOCUMENT_READER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/rpc/grpc_timer.h"
#include "common/time/steady_time.h"
#include "common/time/system_clock.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::vault {

struct DocumentReaderOptions {
  // Of each read, from Get to its answer. A stream without reads is closed after one to two of
  // them.
  absl::Duration timeout = absl::Seconds(3);
  // Reads that may wait at a time.
  size_t max_waiting = 4096;
};

// Reads the documents of one vault: as Documents/Get does, but over a stream that is kept open
// between reads, because to begin a call costs more than to read. Reads that come while a message
// is on its way go along in the next one, and so do all that are asked by answers.
//
// A read that waits when the stream breaks is asked once more, by Get. A vault that knows no such
// streams (an older one), or has no room for another, is asked by Get for a while. Thread-safe.
class DocumentReader : public std::enable_shared_from_this<DocumentReader> {
 public:
  using Stub = config_vault::v1::Documents::Stub;
  using Result = absl::StatusOr<config_vault::v1::GetResponse>;
  // Called once, on any thread; must not block.
  using Answer = absl::AnyInvocable<void(Result)>;

  // May be let go of at any time: what waits is still answered. `stub` is not null.
  static std::shared_ptr<DocumentReader> Make(std::shared_ptr<Stub> stub,
                                              const DocumentReaderOptions& options = {});

  // Errors are those of Get, and
  //   DEADLINE_EXCEEDED  READ_UNANSWERED
  //   RESOURCE_EXHAUSTED TOO_MANY_READS_WAIT
  //   CANCELLED          after Stop
  void Get(config_vault::v1::GetRequest request, Answer answer);

  // Ends the stream. What waits is answered with CANCELLED; no answer runs when this has returned.
  // Not from an answer.
  void Stop();

 private:
  class Line;
  struct Waiting {
    config_vault::v1::GetRequest request;
    Answer answer;
    SteadyTime deadline;
    // The number of the stream that it was sent on; 0: none yet.
    uint64_t line = 0;
  };
  struct Answered {
    Answer answer;
    Result result;
  };

  DocumentReader(std::shared_ptr<Stub> stub, const DocumentReaderOptions& options);

  // Sends what waits to be sent, or sees to it that it will be.
  void SendMore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FillRequest(uint64_t line, config_vault::v1::ReadRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OpenLine() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AskByGet(uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void OnSent(Line& line);
  void OnResponse(config_vault::v1::ReadResponse& response);
  // Nothing more can be sent on it.
  void OnClosing(Line& line);
  void OnClosed(const Line& line, const absl::Status& status);

  void Watch(absl::Duration pause) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnTimer();
  // Takes out those whose time is over; the next of the others.
  SteadyTime Expire(SteadyTime now, std::vector<Answered>& expired)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Take(uint64_t number, Result result, std::vector<Answered>& answered)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Calls answers; reads that they ask for go along in one message.
  void Run(std::vector<Answered> answered);

  const std::shared_ptr<Stub> stub_;
  const DocumentReaderOptions options_;
  const SystemClock clock_;

  absl::Mutex mutex_;
  absl::flat_hash_map<uint64_t, Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  // Numbers of what has not been sent; some may have expired.
  std::deque<uint64_t> unsent_ ABSL_GUARDED_BY(mutex_);
  // Null: none that can be sent on.
  Line* line_ ABSL_GUARDED_BY(mutex_) = nullptr;
  uint64_t last_line_ ABSL_GUARDED_BY(mutex_) = 0;
  // No stream is tried before.
  SteadyTime by_get_until_ ABSL_GUARDED_BY(mutex_);
  // Null while nothing is open and nothing waits.
  std::shared_ptr<rpc::GrpcTimer> timer_ ABSL_GUARDED_BY(mutex_);
  bool read_since_timer_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Threads that call answers now; reads are sent when they are done.
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace understudy::vault

#endif  // UNDERSTUDY_COMMON_VAULT_DOCUMENT_READER_H_
