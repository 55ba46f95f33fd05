#include "services/config_vault/etcd/upkeep.h"

#include <algorithm>
#include <utility>

#include "services/config_vault/etcd/await.h"

namespace understudy::config_vault::etcd {
namespace {

// With the quota used up writes wait for room: little history stays, and every free page counts.
UpkeepPolicy PolicyFor(UpkeepPolicy policy, const std::vector<MemberAlarm>& alarms) {
  for (const MemberAlarm& alarm : alarms) {
    if (alarm.alarm != Alarm::kNoSpace) continue;
    policy.kept_revisions = std::min<int64_t>(policy.kept_revisions, 100);
    policy.defragment_from_bytes = 0;
    policy.defragment_from_free = 0.05;
  }
  return policy;
}

}  // namespace

Upkeep::Upkeep(Parts parts, const Options& options, std::function<bool()> is_root)
    : parts_(parts), options_(options), is_root_(std::move(is_root)) {}

void Upkeep::Start() {
  parts_.executor.Post([this] { Round(); });
}

void Upkeep::Round() {
  const UpkeepReport report = Look();
  parts_.observer.OnReport(report);
  if (is_root_()) {
    const UpkeepPolicy policy = PolicyFor(options_.policy, report.alarms);
    Compact(policy);
    Defragment(policy, report);
    Disarm(report);
  }
  parts_.executor.RunAt(parts_.clock.SteadyNow() + options_.interval, [this] { Round(); });
}

UpkeepReport Upkeep::Look() {
  UpkeepReport report;
  for (size_t i = 0; i < parts_.client.endpoint_count(); ++i) {
    const auto status = Await<MemberStatus>(
        [&](auto done) { parts_.client.Status(i, options_.call_timeout, std::move(done)); });
    report.members.push_back(status.ok() ? std::make_optional(*status) : std::nullopt);
  }
  auto alarms = Await<std::vector<MemberAlarm>>(
      [&](auto done) { parts_.client.ListAlarms(options_.call_timeout, std::move(done)); });
  if (alarms.ok()) report.alarms = *std::move(alarms);
  return report;
}

void Upkeep::Compact(const UpkeepPolicy& policy) {
  const std::optional<int64_t> target =
      PlanCompaction(policy, parts_.replica.tip().applied, compacted_);
  if (!target.has_value()) return;
  const auto done = Await<Header>([&](auto answer) {
    parts_.client.Compact(*target, 10 * options_.call_timeout, std::move(answer));
  });
  if (!done.ok()) return;
  compacted_ = *target;
  parts_.observer.OnCompacted(*target);
}

void Upkeep::Defragment(const UpkeepPolicy& policy, const UpkeepReport& report) {
  const std::optional<size_t> member = PlanDefragmentation(policy, report.members);
  if (!member.has_value()) return;
  const auto done = Await<Header>([&](auto answer) {
    parts_.client.Defragment(*member, options_.defragment_timeout, std::move(answer));
  });
  parts_.observer.OnDefragmented(*report.members[*member], done.status());
}

void Upkeep::Disarm(const UpkeepReport& report) {
  // With the quota used up and nothing freed, etcd raises it again at the next write.
  for (const MemberAlarm& alarm : report.alarms) {
    if (alarm.alarm != Alarm::kNoSpace) continue;
    (void)Await<Header>([&](auto answer) {
      parts_.client.DisarmAlarm(alarm, options_.call_timeout, std::move(answer));
    });
  }
}

}  // namespace understudy::config_vault::etcd
