#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_CLIENT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// etcd as the vault uses it, in the vault's own terms. Keys and values are bytes. Revisions are
// those of etcd's store: one number that grows with each transaction that changed something.
namespace understudy::config_vault::etcd {

struct Header {
  // Drawn when the cluster was made: another number is another etcd.
  uint64_t cluster_id = 0;
  // Who answered.
  uint64_t member_id = 0;
  // Of the store when the request was applied.
  int64_t revision = 0;

  bool operator==(const Header&) const = default;
};

struct KeyValue {
  std::string key = {};
  std::string value = {};
  // Of the transaction that created the key, and of the one that changed it last.
  int64_t create_revision = 0;
  int64_t mod_revision = 0;

  bool operator==(const KeyValue&) const = default;
};

// Keys in [begin, end); an empty `end` is the one key `begin`.
struct KeyRange {
  std::string begin = {};
  std::string end = {};

  // All keys that begin with `prefix`, which is not empty and not all 0xFF.
  static KeyRange Prefix(std::string prefix);
  bool Contains(std::string_view key) const {
    return end.empty() ? key == begin : key >= begin && key < end;
  }
};

struct RangeQuery {
  KeyRange keys = {};
  // 0: all.
  int64_t limit = 0;
  // 0: the latest. OUT_OF_RANGE COMPACTED where its history is gone.
  int64_t revision = 0;
  // Values are left out.
  bool keys_only = false;
};

struct RangeResult {
  Header header = {};
  // By key.
  std::vector<KeyValue> values = {};
  bool more = false;
};

// Holds when the key was last changed by that revision; 0: when it is not there.
struct Condition {
  std::string key = {};
  int64_t mod_revision = 0;
  // It may also have been changed by an earlier one, or not be there.
  bool or_earlier = false;
};

// Puts a value, or (nothing) deletes a range of keys.
struct Write {
  KeyRange keys = {};
  std::optional<std::string> value = {};

  static Write Put(std::string key, std::string value) {
    return {KeyRange{std::move(key), {}}, std::move(value)};
  }
  static Write Delete(KeyRange keys) { return {std::move(keys), std::nullopt}; }
};

// Writes all, as one revision, when all conditions hold; otherwise reads. No key may be written
// twice.
struct Transaction {
  std::vector<Condition> conditions = {};
  std::vector<Write> writes = {};
  std::vector<KeyRange> reads_otherwise = {};
};

struct TransactionResult {
  Header header = {};
  bool succeeded = false;
  // When it did not succeed: one list for each of `reads_otherwise`.
  std::vector<std::vector<KeyValue>> otherwise = {};
};

struct Event {
  // Of a deletion: key and mod_revision alone.
  KeyValue value = {};
  bool deleted = false;
};

// All that one transaction did to the watched keys, in its order.
struct RevisionEvents {
  int64_t revision = 0;
  std::vector<Event> events = {};
};

// Who watches. Called by one thread at a time; must not block for long: etcd's answers wait.
class WatchObserver {
 public:
  virtual ~WatchObserver() = default;
  // Revisions come in order, each once, none left out.
  virtual void OnEvents(const Header& header, RevisionEvents events) = 0;
  // A connection stands (OK), or was lost and is being made again.
  virtual void OnConnection(const absl::Status& state) = 0;
  // Last: nothing comes after it.
  //   OUT_OF_RANGE        COMPACTED (metadata: compact_revision): history is gone
  //   FAILED_PRECONDITION CLUSTER_CHANGED: this is another etcd than it was at first
  //   CANCELLED           the handle was dropped
  virtual void OnEnd(const absl::Status& status) = 0;
};

struct MemberStatus {
  std::string endpoint = {};
  Header header = {};
  std::string version = {};
  // Bytes of its file, and of those how many are used.
  int64_t file_bytes = 0;
  int64_t used_bytes = 0;
  // 0: it knows of none.
  uint64_t leader_id = 0;

  bool is_leader() const { return leader_id != 0 && leader_id == header.member_id; }
};

enum class Alarm { kNoSpace = 1, kCorrupt = 2 };
struct MemberAlarm {
  uint64_t member_id = 0;
  Alarm alarm = Alarm::kNoSpace;
};

// A client of one etcd cluster. Thread-safe. Callbacks run exactly once, on any thread (also the
// caller's, before the call returns), and must not block. Every call ends within its time limit.
//
// Reads are linearizable: they see all that was written before they were asked. Errors:
//   UNAVAILABLE        ETCD_UNREACHABLE: no endpoint answered in time, or etcd has no leader. Of a
//                      transaction: it may have happened, and may still happen
//   RESOURCE_EXHAUSTED ETCD_NO_SPACE: the quota is used up; nothing happened
//   RESOURCE_EXHAUSTED ETCD_REQUEST_TOO_LARGE: more bytes or writes than etcd is set to take
//   OUT_OF_RANGE       COMPACTED
//   INTERNAL           ETCD_ERROR: whatever else etcd said; of a transaction: nothing happened
class EtcdClient {
 public:
  template <typename Result>
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Result>)>;

  // Ends the watch when dropped: OnEnd has then been called, or is on its way and no longer waits
  // for anything of the observer's owner. The observer is kept by the watch.
  class Watch {
   public:
    virtual ~Watch() = default;
  };

  virtual ~EtcdClient() = default;

  // Repeats itself at other endpoints while there is time.
  virtual void Range(RangeQuery query, absl::Duration timeout, Callback<RangeResult> done) = 0;
  // One attempt: only the caller knows what is safe to repeat. The next call goes to another
  // endpoint if this one failed.
  virtual void Commit(Transaction transaction, absl::Duration timeout,
                      Callback<TransactionResult> done) = 0;
  // Forgets the history before `revision`; that it is gone already is fine.
  virtual void Compact(int64_t revision, absl::Duration timeout, Callback<Header> done) = 0;

  // Tells all changes of `keys` from revision `from` on (0: from now on), across lost connections.
  virtual std::unique_ptr<Watch> StartWatch(KeyRange keys, int64_t from,
                                            std::shared_ptr<WatchObserver> observer) = 0;

  // For upkeep: of one endpoint, by its place in the configuration.
  virtual size_t endpoint_count() const = 0;
  virtual void Status(size_t endpoint, absl::Duration timeout, Callback<MemberStatus> done) = 0;
  virtual void Defragment(size_t endpoint, absl::Duration timeout, Callback<Header> done) = 0;
  virtual void ListAlarms(absl::Duration timeout, Callback<std::vector<MemberAlarm>> done) = 0;
  virtual void DisarmAlarm(MemberAlarm alarm, absl::Duration timeout, Callback<Header> done) = 0;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_CLIENT_H_
