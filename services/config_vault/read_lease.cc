#include "services/config_vault/read_lease.h"

namespace understudy::config_vault {

void ReadLease::Renew(const Reign& reign) {
  absl::MutexLock lock(&mutex_);
  reign_ = reign;
}

void ReadLease::Withdraw() {
  absl::MutexLock lock(&mutex_);
  reign_ = {};
}

void ReadLease::Settle(const Settled& settled) {
  absl::MutexLock lock(&mutex_);
  settled_ = settled;
}

void ReadLease::Unsettle() {
  absl::MutexLock lock(&mutex_);
  settled_ = {};
}

std::optional<int64_t> ReadLease::BatchToRead(SteadyTime now) const {
  absl::MutexLock lock(&mutex_);
  const bool agree = reign_.epoch == settled_.epoch && reign_.nodes == settled_.nodes;
  if (reign_.epoch == 0 || !agree || now >= reign_.until) return std::nullopt;
  return settled_.batch_revision;
}

}  // namespace understudy::config_vault
