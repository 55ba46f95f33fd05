#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_BATCH_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_BATCH_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "services/config_vault/command.h"
#include "services/config_vault/document.h"
#include "services/config_vault/registry_records.h"

// What accepted commands change, record by record: the state machine makes it, stores write it, all
// of it or nothing. Record writes are final: no store decides anything.
namespace understudy::config_vault {

// Numbers that grow with the writes.
struct Counters {
  // The latest write.
  Revision revision = 0;
  // Of the latest write that carried a request id.
  uint64_t request_number = 0;
  // Of the latest finished failover.
  uint64_t finished_number = 0;
  // For metrics: documents that are not deleted, and kept revisions of all documents.
  uint64_t documents = 0;
  uint64_t kept_revisions = 0;

  bool operator==(const Counters&) const = default;
};

// The answer that was given to a request id, kept to give it again.
struct RememberedRequest {
  enum class Operation { kPut = 1, kRollback = 2, kDelete = 3 };

  std::string id = {};
  uint64_t number = 0;
  Operation operation = Operation::kPut;
  // Of a rollback: the revision asked for.
  Revision target = 0;
  DocumentOutcome outcome = {};

  bool operator==(const RememberedRequest&) const = default;
};

// A new latest revision, with the head that it makes.
struct WriteRevision {
  DocumentRevision revision = {};
  DocumentHead head = {};
};
// Forgets an old revision: history, content and its place in the log of changes.
struct TrimRevision {
  std::string name = {};
  Revision revision = 0;
};
struct WriteRequest {
  RememberedRequest request = {};
};
struct ForgetRequest {
  std::string id = {};
  uint64_t number = 0;
};
struct WriteStation {
  StoredStation station = {};
};
struct EraseStation {
  std::string id = {};
};
// `previous_station` had the duty before; both empty and equal are fine.
struct WriteDuty {
  Duty duty = {};
  std::string previous_station = {};
};
struct EraseDuty {
  std::string id = {};
  std::string previous_station = {};
};
struct WriteFailover {
  StoredFailover failover = {};
};
// `failover` is as it is stored.
struct EraseFailover {
  StoredFailover failover = {};
};

using Mutation =
    std::variant<WriteRevision, TrimRevision, WriteRequest, ForgetRequest, WriteStation,
                 EraseStation, WriteDuty, EraseDuty, WriteFailover, EraseFailover>;

struct VaultBatch {
  std::vector<Mutation> mutations = {};
  // As they are after the batch.
  Counters counters = {};
};

// How far a replica has followed the etcd that orders the site's writes; kept in its store. The
// store of an embedded engine is without.
struct ReplicaPosition {
  uint64_t cluster_id = 0;
  // etcd's revision of the latest batch in the store.
  int64_t revision = 0;
  // Drawn when the site's first batch was written: other data has another number.
  uint64_t lineage = 0;
  // What etcd said then is to be added to revisions to make epochs. It grows whenever an etcd is
  // built anew (which may give it the old cluster's id) and may when a backup is restored:
  // revisions under another number are not to be compared.
  int64_t epoch_base = 0;
  // The store is being filled anew: it is not whole, and nothing may be read from it.
  bool filling = false;

  bool operator==(const ReplicaPosition&) const = default;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_BATCH_H_
