#include "services/config_vault/testing/fake_root_key.h"

#include <utility>

namespace understudy::config_vault {

void SharedRootKey::SkipRevisions(uint64_t count) {
  absl::MutexLock lock(&mutex_);
  revision_ += count;
}

void SharedRootKey::BuildAnew(Epoch epoch_base) {
  absl::MutexLock lock(&mutex_);
  revision_ = epoch_base;
  claim_ = {.epoch = epoch_base};
  for (const auto& [node, on_change] : subscribers_) on_change(claim_);
}

RootClaim SharedRootKey::claim() const {
  absl::MutexLock lock(&mutex_);
  return claim_;
}

void FakeRootKey::Read(ReadDone done) {
  absl::Status outage;
  {
    absl::MutexLock lock(&mutex_);
    outage = outage_;
  }
  if (!outage.ok()) return done(outage);
  done(shared_.claim());
}

void FakeRootKey::Claim(Epoch expected, const RootRecord& record, ClaimDone done) {
  absl::Status outage;
  bool lose_answer = false;
  {
    absl::MutexLock lock(&mutex_);
    outage = outage_;
    if (outage.ok()) lose_answer = std::exchange(lose_next_answer_, false);
  }
  if (!outage.ok()) return done(outage);
  ClaimResult result;
  {
    absl::MutexLock lock(&shared_.mutex_);
    result.won = shared_.claim_.epoch == expected;
    if (result.won) {
      shared_.claim_ = {.epoch = ++shared_.revision_, .record = record};
      for (const auto& [node, on_change] : shared_.subscribers_) on_change(shared_.claim_);
    }
    result.owner = shared_.claim_;
  }
  if (lose_answer) return done(absl::UnavailableError("the answer was lost"));
  done(std::move(result));
}

void FakeRootKey::Subscribe(std::function<void(const RootClaim&)> on_change) {
  absl::MutexLock lock(&shared_.mutex_);
  if (shared_.claim_.epoch != 0) on_change(shared_.claim_);
  shared_.subscribers_[this] = std::move(on_change);
}

void FakeRootKey::Unsubscribe() {
  absl::MutexLock lock(&shared_.mutex_);
  shared_.subscribers_.erase(this);
}

void FakeRootKey::SetOutage(absl::Status outage) {
  absl::MutexLock lock(&mutex_);
  outage_ = std::move(outage);
}

void FakeRootKey::LoseNextAnswer() {
  absl::MutexLock lock(&mutex_);
  lose_next_answer_ = true;
}

}  // namespace understudy::config_vault
