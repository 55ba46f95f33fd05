#include "services/config_vault/etcd/seeder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/etcd/site_state.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault::etcd {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);
// Of one transaction: within etcd's own limits.
constexpr size_t kMaxWrites = 100;
constexpr size_t kMaxBytes = 1 << 20;
// More root claims than there can have been since the last epoch that is known.
constexpr Epoch kEpochMargin = 1'000'000;
constexpr size_t kPage = 128;

absl::Status Commit(EtcdClient& client, Transaction transaction) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const TransactionResult result,
                              Await<TransactionResult>([&](auto done) {
                                client.Commit(std::move(transaction), kTimeout, std::move(done));
                              }));
  if (result.succeeded) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_EMPTY",
                   "etcd holds data of this site already; nothing was changed");
}

// Writes keys in groups, each only while the site has no batch.
class Writer {
 public:
  Writer(EtcdClient& client, const SiteKeys& keys) : client_(client), keys_(keys) {}

  absl::Status Add(const Mutation& mutation) {
    for (Write& write : EncodeCurrent(keys_, mutation)) {
      bytes_ += write.value.has_value() ? write.value->size() : 0;
      writes_.push_back(std::move(write));
    }
    const bool is_full = writes_.size() >= kMaxWrites || bytes_ >= kMaxBytes;
    return is_full ? Flush() : absl::OkStatus();
  }
  absl::Status Flush() {
    if (writes_.empty()) return absl::OkStatus();
    Transaction transaction;
    transaction.conditions = {{keys_.Batch(), 0}};
    transaction.writes = std::exchange(writes_, {});
    bytes_ = 0;
    return Commit(client_, std::move(transaction));
  }

 private:
  EtcdClient& client_;
  const SiteKeys& keys_;
  std::vector<Write> writes_;
  size_t bytes_ = 0;
};

absl::StatusOr<uint64_t> AddDocuments(const VaultReader& reader, Writer& writer) {
  uint64_t documents = 0;
  VaultReader::HeadPage page;
  do {
    UNDERSTUDY_ASSIGN_OR_RETURN(page, reader.ListHeads("", page.last, kPage, false));
    for (const DocumentHead& head : page.heads) {
      UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentRevision> revision,
                                  reader.FindRevision(head.latest.name, head.latest.revision));
      if (!revision.has_value()) {
        return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                         "the latest revision of \"" + head.latest.name + "\" is missing");
      }
      UNDERSTUDY_RETURN_IF_ERROR(
          writer.Add(WriteRevision{.revision = *std::move(revision), .head = head}));
      ++documents;
    }
  } while (page.more);
  return documents;
}

// The highest epoch that any assignment was made under.
absl::StatusOr<Epoch> AddRegistry(const VaultReader& reader, Writer& writer) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<StoredStation> stations, reader.ListStations());
  for (const StoredStation& station : stations) {
    UNDERSTUDY_RETURN_IF_ERROR(writer.Add(WriteStation{station}));
  }
  Epoch highest = 0;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<Duty> duties, reader.ListDuties());
  for (const Duty& duty : duties) {
    highest = std::max(highest, duty.assignment.epoch);
    UNDERSTUDY_RETURN_IF_ERROR(writer.Add(WriteDuty{.duty = duty}));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<StoredFailover> failovers,
                              reader.ListFailovers(UINT64_MAX, SIZE_MAX, /*unfinished=*/true));
  for (const StoredFailover& failover : failovers) {
    UNDERSTUDY_RETURN_IF_ERROR(writer.Add(WriteFailover{failover}));
  }
  return highest;
}

}  // namespace

absl::StatusOr<SeedResult> SeedEtcd(EtcdClient& client, const SiteKeys& keys,
                                    const VaultReader& reader, Epoch known_epoch) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<ReplicaPosition> found, reader.ReadPosition());
  ReplicaPosition position = found.value_or(ReplicaPosition{});
  SeedResult result;
  UNDERSTUDY_ASSIGN_OR_RETURN(result.counters, reader.ReadCounters());
  if (position.filling || result.counters.revision == 0) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NO_DATA",
                     "this vault has nothing to build an etcd from");
  }
  Writer writer(client, keys);
  // What an earlier attempt has left.
  Transaction clear;
  clear.conditions = {{keys.Batch(), 0}};
  clear.writes = {Write::Delete(keys.All())};
  UNDERSTUDY_RETURN_IF_ERROR(Commit(client, std::move(clear)));
  UNDERSTUDY_ASSIGN_OR_RETURN(result.documents, AddDocuments(reader, writer));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Epoch assigned, AddRegistry(reader, writer));
  UNDERSTUDY_RETURN_IF_ERROR(writer.Flush());
  result.epoch_base =
      std::max({known_epoch, assigned, static_cast<Epoch>(position.revision)}) + kEpochMargin;
  Random random = Random::FromEntropy();
  const BatchOrigin origin{.proposal = random.Next(),
                           .lineage = position.lineage != 0 ? position.lineage : random.Next() | 1};
  Transaction last;
  last.conditions = {{keys.Batch(), 0}};
  last.writes = EncodeBatch(keys, origin, {.counters = result.counters});
  last.writes.push_back(
      Write::Put(keys.EpochBase(), EncodeEpochBase(static_cast<int64_t>(result.epoch_base))));
  last.writes.push_back(Write::Put(keys.Seed(), storage::EncodePosition(position)));
  UNDERSTUDY_RETURN_IF_ERROR(Commit(client, std::move(last)));
  return result;
}

}  // namespace understudy::config_vault::etcd
