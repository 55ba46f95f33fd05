#include "services/config_vault/etcd/seeder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/random/random.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/etcd/current_state.h"
#include "services/config_vault/etcd/site_state.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault::etcd {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);
// More root claims than there can have been since the last epoch that is known.
constexpr Epoch kEpochMargin = 1'000'000;

absl::Status Commit(EtcdClient& client, Transaction transaction) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const TransactionResult result,
                              Await<TransactionResult>([&](auto done) {
                                client.Commit(std::move(transaction), kTimeout, std::move(done));
                              }));
  if (result.succeeded) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_EMPTY",
                   "etcd holds data of this site already; nothing was changed");
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
  // Each write is made only while the site has no batch.
  const auto commit = [&](std::vector<Write> writes) {
    return Commit(client, {.conditions = {{keys.Batch(), 0}}, .writes = std::move(writes)});
  };
  // What an earlier attempt has left.
  UNDERSTUDY_RETURN_IF_ERROR(commit({Write::Delete(keys.All())}));
  UNDERSTUDY_ASSIGN_OR_RETURN(const CurrentSummary current,
                              WriteCurrent(keys, reader, commit));
  result.documents = current.documents;
  result.epoch_base =
      std::max({known_epoch, current.highest_epoch, static_cast<Epoch>(position.revision)}) +
      kEpochMargin;
  Random random = Random::FromEntropy();
  const BatchOrigin origin{.proposal = random.Next(),
                           .lineage = position.lineage != 0 ? position.lineage : random.Next() | 1};
  std::vector<Write> last = EncodeBatch(keys, origin, {.counters = result.counters});
  last.push_back(
      Write::Put(keys.EpochBase(), EncodeEpochBase(static_cast<int64_t>(result.epoch_base))));
  last.push_back(Write::Put(keys.Seed(), storage::EncodePosition(position)));
  UNDERSTUDY_RETURN_IF_ERROR(commit(std::move(last)));
  return result;
}

}  // namespace understudy::config_vault::etcd
