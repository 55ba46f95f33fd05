#include "services/config_vault/etcd/replication_wait.h"

#include <algorithm>

#include "common/status/status.h"

namespace understudy::config_vault::etcd {

absl::Status NotReplicated() {
  return MakeError(absl::StatusCode::kUnavailable, "NOT_REPLICATED",
                   "the write stands, on a majority of etcd's disks, but no other control node is "
                   "known to have it in time");
}

ReplicationWait::~ReplicationWait() { End(NotReplicated()); }

void ReplicationWait::Tell(Waiters due, const absl::Status& status) {
  for (auto& [revision, waiter] : due) waiter.answer(status);
}

void ReplicationWait::Add(int64_t revision, SteadyTime deadline, Answer answer) {
  absl::Status end;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.ok() && revision > reached_) {
      waiters_.emplace(revision, Waiter{deadline, std::move(answer)});
      return;
    }
    end = end_;
  }
  answer(end);
}

void ReplicationWait::Begin() {
  absl::MutexLock lock(&mutex_);
  end_ = absl::OkStatus();
}

void ReplicationWait::Reach(int64_t revision) {
  Waiters due;
  {
    absl::MutexLock lock(&mutex_);
    reached_ = std::max(reached_, revision);
    while (!waiters_.empty() && waiters_.begin()->first <= reached_) {
      due.insert(waiters_.extract(waiters_.begin()));
    }
  }
  Tell(std::move(due), absl::OkStatus());
}

void ReplicationWait::Expire(SteadyTime now) {
  Waiters due;
  {
    absl::MutexLock lock(&mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      const auto next = std::next(it);
      if (it->second.deadline <= now) due.insert(waiters_.extract(it));
      it = next;
    }
  }
  Tell(std::move(due), NotReplicated());
}

void ReplicationWait::End(const absl::Status& status) {
  Waiters due;
  {
    absl::MutexLock lock(&mutex_);
    due.swap(waiters_);
    reached_ = 0;
    end_ = status;
  }
  Tell(std::move(due), status);
}

size_t ReplicationWait::waiting() const {
  absl::MutexLock lock(&mutex_);
  return waiters_.size();
}

}  // namespace understudy::config_vault::etcd
