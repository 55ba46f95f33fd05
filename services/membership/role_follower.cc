#include "services/membership/role_follower.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace understudy::membership {
namespace {

// The vault is on this machine, and joins wait for it.
constexpr rpc::BackoffPolicy kBackoff = {.maximum = absl::Milliseconds(500)};

}  // namespace

RoleFollower::RoleFollower(Executor& executor, const Clock& clock, Random& random,
                           StationRegistry& registry, Callbacks callbacks)
    : executor_(executor),
      clock_(clock),
      random_(random),
      registry_(registry),
      callbacks_(std::move(callbacks)),
      watch_backoff_(kBackoff),
      read_backoff_(kBackoff) {}

void RoleFollower::Start() { Watch(); }

void RoleFollower::Watch() {
  registry_.WatchRole(
      [this](RoleChange change) { executor_.Post([this, change] { OnRole(change); }); },
      [this](const absl::Status& status) {
        executor_.Post([this, status] { OnWatchEnded(status); });
      });
}

void RoleFollower::OnRole(RoleChange change) {
  if (outage_logged_) log_.Info("the vault answers again");
  outage_logged_ = false;
  watch_backoff_.Reset();
  if (change.role == Role::kRoot && change.epoch < newest_epoch_) {
    log_.Warn("the vault is root under epoch {}, but {} was known: not acting", change.epoch,
              newest_epoch_);
    change.role = Role::kSentinel;
  }
  newest_epoch_ = std::max(newest_epoch_, change.epoch);
  const RoleChange before = std::exchange(role_, change);
  StandByWhenAlone();
  if (change == before) return;
  if (change.role != Role::kRoot) {
    if (before.role == Role::kRoot) log_.Warn("no longer root: standing by");
    EndReign();
    if (change.role == Role::kSentinel && callbacks_.standing_by) callbacks_.standing_by();
    return;
  }
  if (!reigning_) return ReadStations();
  if (change.epoch == before.epoch) return;
  log_.Info("still root, now under epoch {}", change.epoch);
  callbacks_.new_epoch(change.epoch);
}

void RoleFollower::EndReign() {
  if (std::exchange(reigning_, false)) callbacks_.end();
}

void RoleFollower::OnWatchEnded(const absl::Status& status) {
  // Our own stop is no outage.
  if (!outage_logged_ && !absl::IsCancelled(status)) {
    log_.Warn("the vault does not answer, trying again: {}", DescribeError(status));
  }
  outage_logged_ = true;
  After(watch_backoff_.Next(random_), [this] { Watch(); });
}

// A vault that is frozen, or gone, may have been deposed meanwhile.
void RoleFollower::StandByWhenAlone() {
  if (alone_.has_value()) executor_.Cancel(*std::exchange(alone_, std::nullopt));
  if (role_.act_alone_for == absl::InfiniteDuration()) return;
  alone_ = executor_.RunAt(clock_.SteadyNow() + role_.act_alone_for, [this] {
    alone_.reset();
    // Nobody may be sent to a root that may no longer be one.
    role_ = RoleChange();
    if (reigning_) log_.Warn("the vault has been silent for too long: standing by");
    EndReign();
  });
}

void RoleFollower::ReadStations() {
  if (std::exchange(reading_, true)) return;
  registry_.List([this, epoch = role_.epoch](absl::StatusOr<std::vector<StationRecord>> records) {
    executor_.Post([this, epoch, records = std::move(records)]() mutable {
      OnStations(epoch, std::move(records));
    });
  });
}

void RoleFollower::OnStations(uint64_t epoch, absl::StatusOr<std::vector<StationRecord>> records) {
  reading_ = false;
  if (role_.role != Role::kRoot || reigning_) return;
  if (records.ok() && epoch == role_.epoch) {
    reigning_ = true;
    read_backoff_.Reset();
    log_.Info("root under epoch {}, {} stations on record", epoch, records->size());
    return callbacks_.begin(epoch, *std::move(records));
  }
  if (!records.ok()) {
    log_.Warn("cannot read the stations on record: {}", DescribeError(records.status()));
  }
  After(read_backoff_.Next(random_), [this] {
    if (role_.role == Role::kRoot && !reigning_) ReadStations();
  });
}

void RoleFollower::After(absl::Duration delay, std::function<void()> task) {
  executor_.RunAt(clock_.SteadyNow() + delay, std::move(task));
}

}  // namespace understudy::membership
