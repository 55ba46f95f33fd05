#include "services/config_vault/role_feed.h"

#include <utility>

namespace understudy::config_vault {

RoleFeed::RoleFeed(RoleState initial) : state_(std::move(initial)) {}

RoleState RoleFeed::current() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

// The lock is held while subscribers are told: that is what keeps the order and lets Unsubscribe
// promise silence.
void RoleFeed::Publish(const RoleState& state) {
  absl::MutexLock lock(&mutex_);
  if (state == state_) return;
  state_ = state;
  for (const auto& [id, subscriber] : subscribers_) subscriber.on_change(state_);
}

void RoleFeed::Repeat() {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, subscriber] : subscribers_) {
    if (subscriber.repeated) subscriber.on_change(state_);
  }
}

RoleFeed::SubscriberId RoleFeed::Subscribe(OnChange on_change) {
  return Add(std::move(on_change), /*repeated=*/false);
}

RoleFeed::SubscriberId RoleFeed::SubscribeRepeated(OnChange on_change) {
  return Add(std::move(on_change), /*repeated=*/true);
}

RoleFeed::SubscriberId RoleFeed::Add(OnChange on_change, bool repeated) {
  absl::MutexLock lock(&mutex_);
  on_change(state_);
  subscribers_.emplace(++last_id_, Subscriber{std::move(on_change), repeated});
  return last_id_;
}

void RoleFeed::Unsubscribe(SubscriberId id) {
  absl::MutexLock lock(&mutex_);
  subscribers_.erase(id);
}

}  // namespace understudy::config_vault
