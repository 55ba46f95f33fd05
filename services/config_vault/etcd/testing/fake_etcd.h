#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_FAKE_ETCD_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_FAKE_ETCD_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/config_vault/etcd/etcd_client.h"

namespace understudy::config_vault::etcd {

// An etcd in memory, with as many clients as wanted, for tests: it answers at once, on the caller's
// thread, and fails when told to. Held to the real one by etcd_client_test. Thread-safe; must
// outlive its clients.
class FakeEtcd {
 public:
  explicit FakeEtcd(uint64_t cluster_id = 0xE7CD) : cluster_id_(cluster_id) {}

  // What goes wrong for one client. While cut off nothing reaches it and its watches are silent;
  // afterwards they go on where they were.
  class Client : public EtcdClient {
   public:
    virtual void SetReachable(bool reachable) = 0;
    // The next transaction is answered ETCD_UNREACHABLE, and has happened or has not.
    enum class Fate { kHappened, kDidNotHappen };
    virtual void FailNextCommit(Fate fate) = 0;
    // Every transaction is answered with this error until it is OK again. Nothing happens.
    virtual void RefuseCommits(absl::Status error) = 0;
  };
  std::unique_ptr<Client> NewClient();

  // All members lose their disks and are started again by the same command line: empty, under the
  // same id. Watches lose their connection, are connected again, and are told nothing until the
  // revision comes to where they were.
  void LoseEverything();

  int64_t revision() const;
  // Transactions that were done (not refused by their conditions).
  int64_t commits() const;
  std::map<std::string, KeyValue> Contents() const;

 private:
  class FakeClient;
  struct FakeWatch;
  using Delivery = std::function<void()>;

  Header HeaderNow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<RangeResult> Read(const RangeQuery& query) const;
  std::vector<KeyValue> Select(const std::map<std::string, KeyValue>& from,
                               const KeyRange& keys) const;
  std::map<std::string, KeyValue> StateAt(int64_t revision) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TransactionResult Do(Transaction transaction);
  void Apply(std::vector<Write> writes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Forget(int64_t revision);
  // Queues what each watch has not been told.
  void Feed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FeedOne(const std::shared_ptr<FakeWatch>& watch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(const std::shared_ptr<FakeWatch>& watch, const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Runs what is queued, one thread at a time, outside the lock.
  void Deliver();

  const uint64_t cluster_id_;
  mutable absl::Mutex mutex_;
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 1;
  int64_t compacted_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t commits_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, KeyValue> state_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, RevisionEvents> history_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<FakeWatch>> watches_ ABSL_GUARDED_BY(mutex_);
  std::deque<Delivery> deliveries_ ABSL_GUARDED_BY(mutex_);
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_FAKE_ETCD_H_
