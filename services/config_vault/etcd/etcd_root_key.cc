#include "services/config_vault/etcd/etcd_root_key.h"

#include <utility>
#include <vector>

#include "common/status/status.h"
#include "services/config_vault/etcd/root_record_codec.h"

namespace understudy::config_vault::etcd {
namespace {

absl::StatusOr<RootClaim> ToClaim(int64_t epoch_base, const std::vector<KeyValue>& values) {
  if (values.empty()) return RootClaim{.epoch = static_cast<Epoch>(epoch_base)};
  UNDERSTUDY_ASSIGN_OR_RETURN(RootRecord record, DecodeRoot(values.front().value));
  return RootClaim{.epoch = static_cast<Epoch>(values.front().mod_revision + epoch_base),
                   .record = std::move(record)};
}

absl::Status NotReady() {
  return MakeError(absl::StatusCode::kUnavailable, "ETCD_UNREACHABLE",
                   "this replica does not follow etcd yet");
}

}  // namespace

void EtcdRootKey::Read(ReadDone done) {
  if (replica_.tip().cluster_id == 0) return done(NotReady());
  const int64_t base = replica_.epoch_base();
  client_.Range({.keys = {replica_.keys().Root(), {}}}, options_.read_timeout,
                [base, done = std::move(done)](absl::StatusOr<RangeResult> result) mutable {
                  if (!result.ok()) return done(result.status());
                  done(ToClaim(base, result->values));
                });
}

void EtcdRootKey::Claim(Epoch expected, const RootRecord& record, ClaimDone done) {
  // An etcd that is not the replica's own must not get a root with old epochs.
  if (!replica_.tip().following) return done(NotReady());
  const int64_t base = replica_.epoch_base();
  const std::string key = replica_.keys().Root();
  Transaction transaction;
  transaction.conditions = {{key, expected == 0 ? 0 : static_cast<int64_t>(expected) - base}};
  const int64_t nodes_seen = nodes_seen_;
  const bool is_own = record.handed_over_by.empty();
  if (is_own && nodes_seen != std::numeric_limits<int64_t>::max()) {
    transaction.conditions.push_back({.key = replica_.keys().Document(kControlNodesDocument),
                                      .mod_revision = nodes_seen,
                                      .or_earlier = true});
  }
  transaction.writes = {Write::Put(key, EncodeRoot(record))};
  transaction.reads_otherwise = {{key, {}}};
  client_.Commit(
      std::move(transaction), options_.claim_timeout,
      [base, record, done = std::move(done)](absl::StatusOr<TransactionResult> result) mutable {
        if (!result.ok()) return done(result.status());
        if (result->succeeded) {
          const auto epoch = static_cast<Epoch>(result->header.revision + base);
          return done(ClaimResult{.won = true, .owner = {.epoch = epoch, .record = record}});
        }
        absl::StatusOr<RootClaim> owner = ToClaim(base, result->otherwise.at(0));
        if (!owner.ok()) return done(owner.status());
        done(ClaimResult{.won = false, .owner = *std::move(owner)});
      });
}

void EtcdRootKey::Subscribe(std::function<void(const RootClaim&)> on_change) {
  replica_.SubscribeRoot([on_change = std::move(on_change)](const RootValue& root) {
    absl::StatusOr<RootRecord> record = DecodeRoot(root.value);
    // No key yet, or something else in it: its epoch counts, and nobody is root under it.
    on_change({.epoch = static_cast<Epoch>(root.revision + root.epoch_base),
               .record = record.ok() ? *std::move(record) : RootRecord{}});
  });
}

}  // namespace understudy::config_vault::etcd
