#include "services/config_vault/change_feed.h"

#include <algorithm>
#include <utility>

namespace understudy::config_vault {

ChangeFeed::ChangeFeed(Revision revision, size_t recent)
    : capacity_(recent), revision_(revision), recent_after_(revision) {}

void ChangeFeed::Publish(const std::vector<DocumentInfo>& changes, Revision revision) {
  Add(changes, revision);
  Wake();
}

void ChangeFeed::Add(const std::vector<DocumentInfo>& changes, Revision revision) {
  absl::MutexLock lock(&mutex_);
  recent_.insert(recent_.end(), changes.begin(), changes.end());
  while (recent_.size() > capacity_) {
    recent_after_ = recent_.front().revision;
    recent_.pop_front();
  }
  revision_ = revision;
  news_ = true;
}

void ChangeFeed::Wake() {
  absl::MutexLock lock(&mutex_);
  if (!std::exchange(news_, false)) return;
  for (const auto& [id, wake] : subscribers_) wake();
}

void ChangeFeed::Restart(Revision revision) {
  absl::MutexLock lock(&mutex_);
  recent_.clear();
  recent_after_ = revision;
  revision_ = revision;
  for (const auto& [id, wake] : subscribers_) wake();
}

Revision ChangeFeed::revision() const {
  absl::MutexLock lock(&mutex_);
  return revision_;
}

std::optional<ChangeFeed::Recent> ChangeFeed::ReadRecent(Revision after, size_t limit) const {
  absl::MutexLock lock(&mutex_);
  if (after < recent_after_) return std::nullopt;
  Recent result;
  auto next = std::upper_bound(
      recent_.begin(), recent_.end(), after,
      [](Revision revision, const DocumentInfo& info) { return revision < info.revision; });
  while (next != recent_.end() && result.changes.size() < limit) result.changes.push_back(*next++);
  const bool all = next == recent_.end();
  result.up_to = all ? std::max(after, revision_) : result.changes.back().revision;
  return result;
}

ChangeFeed::SubscriberId ChangeFeed::Subscribe(std::function<void()> wake) {
  absl::MutexLock lock(&mutex_);
  subscribers_.emplace(++last_id_, std::move(wake));
  return last_id_;
}

void ChangeFeed::Unsubscribe(SubscriberId id) {
  absl::MutexLock lock(&mutex_);
  subscribers_.erase(id);
}

}  // namespace understudy::config_vault
