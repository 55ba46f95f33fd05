#include "services/config_vault/etcd/upkeep_plan.h"

#include <algorithm>
#include <tuple>

namespace understudy::config_vault::etcd {
namespace {

double FreePart(const MemberStatus& member) {
  if (member.file_bytes <= 0) return 0;
  return 1.0 - static_cast<double>(member.used_bytes) / static_cast<double>(member.file_bytes);
}

bool IsWorthIt(const UpkeepPolicy& policy, const MemberStatus& member) {
  return member.file_bytes >= policy.defragment_from_bytes &&
         FreePart(member) >= policy.defragment_from_free;
}

}  // namespace

std::optional<int64_t> PlanCompaction(const UpkeepPolicy& policy, int64_t revision,
                                      int64_t compacted) {
  const int64_t target = revision - policy.kept_revisions;
  // Not for a handful: each compaction costs etcd a walk.
  const int64_t worth_it = compacted + std::max<int64_t>(policy.kept_revisions / 10, 1);
  if (target < worth_it) return std::nullopt;
  return target;
}

std::optional<size_t> PlanDefragmentation(const UpkeepPolicy& policy,
                                          const std::vector<std::optional<MemberStatus>>& members) {
  std::optional<size_t> best;
  const auto rank = [&](size_t index) {
    return std::tuple(members[index]->is_leader(), -FreePart(*members[index]), index);
  };
  for (size_t i = 0; i < members.size(); ++i) {
    if (!members[i].has_value()) return std::nullopt;
    if (!IsWorthIt(policy, *members[i])) continue;
    if (!best.has_value() || rank(i) < rank(*best)) best = i;
  }
  return best;
}

}  // namespace understudy::config_vault::etcd
