#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_READ_SESSION_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_READ_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/config_vault/read_barrier.h"
#include "services/config_vault/vault_metrics.h"
#include "services/config_vault/vault_store.h"
#include "services/config_vault/worker_pool.h"
#include "understudy/config_vault/v1/documents.pb.h"

namespace understudy::config_vault {

// Where a session's answers go: a stream, or a test's list. Thread-safe.
class ReadSink {
 public:
  virtual ~ReadSink() = default;
  // Is followed by ReadSession::OnSent, unless the stream ends.
  virtual void Send(v1::ReadResponse response) = 0;
  // The next message may come.
  virtual void ReadNext() = 0;
  // Ends the stream after what was sent.
  virtual void Finish(const absl::Status& status) = 0;
};

struct ReadSessionLimits {
  // The next message is taken while fewer reads wait, and fewer bytes of answers.
  size_t waiting_reads = 256;
  size_t unsent_bytes = 1 << 20;
  // A response takes no further answer beyond so many bytes.
  size_t response_bytes = 256 << 10;
  // Of one task on the pool, so that streams take turns.
  size_t reads_per_task = 16;
};

// One Read call. What lies in memory, packed, is answered at once, all of one message together; for
// the rest the session waits, in common, for the store to be current, and reads on the pool, one
// task at a time. Answers that come while a response is being sent go along in the next one.
//
// However slowly the caller takes its answers, they take `unsent_bytes` and one document more,
// since nothing is read beyond that; and the next message is not taken, so that gRPC's flow control
// slows the caller down.
class ReadSession : public std::enable_shared_from_this<ReadSession> {
 public:
  // What all sessions share; must outlive them.
  struct Vault {
    const VaultStore& store;
    ReadBarrier& reads;
    WorkerPool& pool;
    const VaultMetrics& metrics;
    // Of the errors in answers.
    std::string_view error_domain;
  };

  ReadSession(const Vault& vault, const ReadSessionLimits& limits, std::shared_ptr<ReadSink> sink);

  // The caller's next message; one at a time.
  void OnRequest(v1::ReadRequest request);
  // The caller sends nothing more: the session ends when all is answered.
  void OnHalfClose();
  // All that was sent has been written.
  void OnSent();

 private:
  struct Read {
    uint64_t number = 0;
    v1::GetRequest get = {};
    // The store need not have more than it has.
    bool is_current = false;
  };
  using Result = absl::StatusOr<v1::GetResponse>;
  // Answers on their way to the same response.
  struct Answers {
    v1::ReadResponse response;
    size_t bytes = 0;
  };

  absl::Status Check(const v1::ReadRequest& request);
  void AnswerAtOnce(v1::ReadRequest& request, Answers& answers);
  // Whether the store has all that was acknowledged before these reads came.
  bool IsCurrentFor(const v1::ReadRequest& request) const;
  // Nothing where the answer must be waited for.
  static std::optional<Result> ReadInMemory(const VaultReader& memory, const Read& read,
                                            absl::Duration data_age);
  // A revision that is not here may be elsewhere.
  static bool MustBeAskedAgain(const Read& read, const Result& result);

  // Notes that they wait.
  void Await(const std::vector<Read>& reads);
  void PassToBarrier(std::vector<Read> reads);
  void Refuse(const std::vector<Read>& reads, const absl::Status& status);
  void PassToPool(std::vector<Read> reads);
  void ReadOnPool();
  std::vector<Read> TakeForPool();

  bool HasRoom();
  void Add(uint64_t number, Result result, Answers& answers) const;
  void Deliver(Answers answers) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts what may go on now.
  void GoOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Vault vault_;
  const ReadSessionLimits limits_;
  const std::shared_ptr<ReadSink> sink_;

  absl::Mutex mutex_;
  // Of the reads that were not answered at once.
  absl::flat_hash_set<uint64_t> waiting_ ABSL_GUARDED_BY(mutex_);
  // Those of them that can be read now.
  std::deque<Read> for_pool_ ABSL_GUARDED_BY(mutex_);
  bool on_pool_ ABSL_GUARDED_BY(mutex_) = false;
  // Responses that wait while another is being sent.
  std::deque<Answers> unsent_ ABSL_GUARDED_BY(mutex_);
  // Of these, and of the one that is being sent.
  size_t unsent_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t sending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool sending_ ABSL_GUARDED_BY(mutex_) = false;
  // The next message has yet to be asked for.
  bool holds_caller_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_READ_SESSION_H_
