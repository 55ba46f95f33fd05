#include "services/config_vault/etcd/site_state.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault::etcd {
namespace {

// Keys are read at one moment by a transaction whose condition never holds: no key of a site has
// ever been written by the store's first revision.
Transaction ReadTogether(const SiteKeys& keys) {
  Transaction transaction;
  transaction.conditions.push_back({keys.prefix(), 1});
  for (const std::string& key :
       {keys.EpochBase(), keys.Root(), keys.Batch(), keys.Seed(), keys.Restoring()}) {
    transaction.reads_otherwise.push_back({key, {}});
  }
  return transaction;
}

}  // namespace

std::string EncodeEpochBase(int64_t base) { return absl::StrCat(base); }

absl::StatusOr<int64_t> DecodeEpochBase(std::string_view value) {
  int64_t base = 0;
  if (absl::SimpleAtoi(absl::string_view(value.data(), value.size()), &base) && base >= 0) {
    return base;
  }
  return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                   "etcd's key epoch_base holds no number");
}

absl::StatusOr<SiteState> ReadSiteState(EtcdClient& client, const SiteKeys& keys,
                                        absl::Duration timeout) {
  UNDERSTUDY_ASSIGN_OR_RETURN(TransactionResult result, Await<TransactionResult>([&](auto done) {
                                client.Commit(ReadTogether(keys), timeout, std::move(done));
                              }));
  SiteState state{.header = result.header};
  if (result.otherwise.size() != 5) return absl::InternalError("etcd answered other reads");
  if (const auto& base = result.otherwise[0]; !base.empty()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(state.epoch_base, DecodeEpochBase(base[0].value));
  }
  if (auto& root = result.otherwise[1]; !root.empty()) state.root = std::move(root[0]);
  if (const auto& batch = result.otherwise[2]; !batch.empty()) {
    state.batch_revision = batch[0].mod_revision;
    UNDERSTUDY_ASSIGN_OR_RETURN(state.batch, DecodeSummary(batch[0].value));
  }
  if (const auto& seed = result.otherwise[3]; !seed.empty()) {
    state.seed_revision = seed[0].mod_revision;
    UNDERSTUDY_ASSIGN_OR_RETURN(state.seed, storage::DecodePosition(seed[0].value));
  }
  state.is_restoring = !result.otherwise[4].empty();
  return state;
}

}  // namespace understudy::config_vault::etcd
