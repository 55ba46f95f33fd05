#include "services/config_vault/etcd/replica_start.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::config_vault::etcd {
namespace {

absl::Status EmbeddedData(const Counters& counters) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "EMBEDDED_DATA",
      absl::StrCat("the data directory holds revision ", counters.revision,
                   " of a vault with the embedded engine; bring it into etcd with "
                   "`understudy vault reseed`, or begin with an empty directory"));
}

absl::Status OtherData(const std::string& found, const LocalState& local) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "OTHER_DATA",
      absl::StrCat(found, ", but this replica holds revision ", local.counters.revision,
                   " of the site; nothing was changed. Check `etcd.endpoints` and "
                   "`etcd.site`, or build etcd anew with `understudy vault reseed`"));
}

// Of an etcd that was built anew. What was acknowledged once is not dropped because another replica
// was the one to build from.
absl::StatusOr<ReplicaStart> ChooseAfterRebuilding(const LocalState& local,
                                                   const RemoteState& remote) {
  if (!remote.seed.has_value() || remote.seed->cluster_id != local.position->cluster_id ||
      remote.seed->epoch_base != local.position->epoch_base ||
      remote.seed->revision > local.position->revision) {
    return ReplicaStart::kFill;
  }
  if (remote.seed->revision == local.position->revision) return ReplicaStart::kAdopt;
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "NEWER_DATA",
      absl::StrCat("etcd was built anew from a replica at revision ", remote.seed->revision,
                   ", but this one holds more, up to ", local.position->revision,
                   " (the vault's revision ", local.counters.revision,
                   "). Keep a copy of its data directory, then start with an empty "
                   "one"));
}

}  // namespace

absl::StatusOr<ReplicaStart> ChooseStart(const LocalState& local, const RemoteState& remote) {
  if (!local.position.has_value()) {
    if (local.counters.revision == 0) return ReplicaStart::kFill;
    return EmbeddedData(local.counters);
  }
  const ReplicaPosition& position = *local.position;
  if (position.filling) return ReplicaStart::kFill;
  // An etcd that is built anew by the same command line gets the same id.
  const bool is_same_cluster =
      position.cluster_id == remote.cluster_id && position.epoch_base == remote.epoch_base;
  if (position.lineage == 0) return is_same_cluster ? ReplicaStart::kFollow : ReplicaStart::kFill;
  if (!remote.lineage.has_value()) return OtherData("etcd holds no data of this site", local);
  if (*remote.lineage != position.lineage) return OtherData("etcd holds other data", local);
  if (!is_same_cluster) return ChooseAfterRebuilding(local, remote);
  if (position.revision > remote.revision) {
    return OtherData(absl::StrCat("etcd has gone back to revision ", remote.revision, " from ",
                                  position.revision),
                     local);
  }
  return ReplicaStart::kFollow;
}

}  // namespace understudy::config_vault::etcd
