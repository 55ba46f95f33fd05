#include "services/config_vault/etcd/site_rewriter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/random/random.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/etcd/current_state.h"
#include "services/config_vault/etcd/etcd_errors.h"
#include "services/config_vault/etcd/site_state.h"

namespace understudy::config_vault::etcd {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(5);
// Every transaction may be sent again: it writes the same, under the same conditions.
constexpr int kAttempts = 5;
// More root claims than there can have been at the backup's site since it was taken.
constexpr Epoch kEpochMargin = 1'000'000;

absl::Status Deposed() {
  return MakeError(absl::StatusCode::kUnavailable, "NOT_ROOT",
                   "another control node became root: repeat the restore there");
}

// Writes under the conditions of one reign and one batch.
class Reigning {
 public:
  Reigning(EtcdClient& client, const SiteKeys& keys, const SiteState& site)
      : client_(client),
        conditions_({{keys.Root(), site.root->mod_revision}, {keys.Batch(), site.batch_revision}}) {
  }

  absl::StatusOr<TransactionResult> Try(const std::vector<Write>& writes) {
    absl::StatusOr<TransactionResult> result;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      result = Await<TransactionResult>([&](auto done) {
        client_.Commit({.conditions = conditions_, .writes = writes}, kTimeout, std::move(done));
      });
      if (result.ok() || !IsOutcomeUnknown(result.status())) break;
    }
    return result;
  }

  absl::Status Commit(const std::vector<Write>& writes) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const TransactionResult result, Try(writes));
    return result.succeeded ? absl::OkStatus() : Deposed();
  }

 private:
  EtcdClient& client_;
  const std::vector<Condition> conditions_;
};

std::vector<Write> Clearing(const SiteKeys& keys) {
  std::vector<Write> writes = {Write::Put(keys.Restoring(), "1")};
  for (const std::string& table :
       {keys.Document(""), keys.Station(""), keys.Duty(""), keys.Failover("")}) {
    writes.push_back(Write::Delete(KeyRange::Prefix(table)));
  }
  return writes;
}

}  // namespace

absl::StatusOr<Rewritten> RewriteSite(EtcdClient& client, const SiteKeys& keys,
                                      const VaultReader& reader, Epoch epoch, Epoch above) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteState site, ReadSiteState(client, keys, kTimeout));
  const bool is_root =
      site.root.has_value() &&
      static_cast<Epoch>(site.root->mod_revision + site.epoch_base) == epoch;
  if (!is_root) return Deposed();
  Reigning reigning(client, keys, site);
  UNDERSTUDY_RETURN_IF_ERROR(reigning.Commit(Clearing(keys)));
  UNDERSTUDY_RETURN_IF_ERROR(
      WriteCurrent(keys, reader, [&](std::vector<Write> writes) {
        return reigning.Commit(writes);
      }).status());
  Random random = Random::FromEntropy();
  const BatchOrigin origin{
      .epoch = epoch,
      .proposal = random.Next(),
      .lineage = site.batch.has_value() ? site.batch->origin.lineage : random.Next() | 1};
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, reader.ReadCounters());
  Rewritten rewritten{.epoch_base = site.epoch_base};
  if (above > epoch) rewritten.epoch_base = static_cast<int64_t>(above + kEpochMargin);
  const std::vector<Write> last = {
      EncodeRefill(keys, origin, counters),
      Write::Put(keys.EpochBase(), EncodeEpochBase(rewritten.epoch_base)),
      Write::Put(keys.Root(), site.root->value), Write::Delete({keys.Restoring(), {}})};
  UNDERSTUDY_RETURN_IF_ERROR(reigning.Try(last).status());
  // Also where the answer to the attempt that was made was lost.
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteState now, ReadSiteState(client, keys, kTimeout));
  if (!now.batch.has_value() || now.batch->origin != origin) return Deposed();
  rewritten.position = {.cluster_id = now.header.cluster_id,
                        .revision = now.batch_revision,
                        .lineage = origin.lineage,
                        .epoch_base = rewritten.epoch_base};
  rewritten.epoch = static_cast<Epoch>(now.batch_revision + rewritten.epoch_base);
  return rewritten;
}

}  // namespace understudy::config_vault::etcd
