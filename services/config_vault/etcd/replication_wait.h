#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICATION_WAIT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICATION_WAIT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/time/steady_time.h"

namespace understudy::config_vault::etcd {

// The write is on a majority of etcd's disks and stands, but no other control node is known to have
// it: UNAVAILABLE NOT_REPLICATED.
absl::Status NotReplicated();

// Answers that wait until another control node's replica has what they are about. Each is called
// exactly once, on the thread that made it due. Thread-safe.
class ReplicationWait {
 public:
  using Answer = absl::AnyInvocable<void(const absl::Status&)>;
  ~ReplicationWait();

  // `answer` waits for etcd's `revision`; it is called at once where a replica has it already, or
  // after the end.
  void Add(int64_t revision, SteadyTime deadline, Answer answer);
  // A replica has come to `revision`: answers OK to those who waited for that or less.
  void Reach(int64_t revision);
  // NotReplicated to those whose time is over.
  void Expire(SteadyTime now);
  // `status` (not OK) to all who wait and, until the next Begin, to all who come. What another
  // replica has reached is forgotten.
  void End(const absl::Status& status);
  void Begin();

  size_t waiting() const;

 private:
  struct Waiter {
    SteadyTime deadline;
    Answer answer;
  };
  using Waiters = std::multimap<int64_t, Waiter>;

  static void Tell(Waiters due, const absl::Status& status);

  mutable absl::Mutex mutex_;
  int64_t reached_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
  Waiters waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICATION_WAIT_H_
