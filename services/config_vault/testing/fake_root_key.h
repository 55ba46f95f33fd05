#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_FAKE_ROOT_KEY_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_FAKE_ROOT_KEY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/config_vault/root_key.h"

namespace understudy::config_vault {

// The key `root` in memory, for the nodes of one test: each node has a FakeRootKey on the same
// SharedRootKey. Answers and changes come within the calls. Thread-safe.
class SharedRootKey {
 public:
  // What others write counts too, as in etcd: epochs have gaps.
  void SkipRevisions(uint64_t count);
  // The key's store is built anew: nobody is root, and epochs begin above this one.
  void BuildAnew(Epoch epoch_base);
  RootClaim claim() const;

 private:
  friend class FakeRootKey;
  using OnChange = std::function<void(const RootClaim&)>;

  mutable absl::Mutex mutex_;
  uint64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  RootClaim claim_ ABSL_GUARDED_BY(mutex_);
  std::map<const void*, OnChange> subscribers_ ABSL_GUARDED_BY(mutex_);
};

class FakeRootKey final : public RootKey {
 public:
  explicit FakeRootKey(SharedRootKey& shared) : shared_(shared) {}
  ~FakeRootKey() override { Unsubscribe(); }

  void Read(ReadDone done) override;
  void Claim(Epoch expected, const RootRecord& record, ClaimDone done) override;
  void Subscribe(std::function<void(const RootClaim&)> on_change) override;
  void Unsubscribe() override;

  // Calls of this node fail like this; OK ends it.
  void SetOutage(absl::Status outage);
  // The next claim is written, and its answer lost: UNAVAILABLE.
  void LoseNextAnswer();

 private:
  SharedRootKey& shared_;
  absl::Mutex mutex_;
  absl::Status outage_ ABSL_GUARDED_BY(mutex_);
  bool lose_next_answer_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_FAKE_ROOT_KEY_H_
