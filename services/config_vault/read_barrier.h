#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_READ_BARRIER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_READ_BARRIER_H_

#include <cstddef>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace understudy::config_vault {

// What a linearizable read waits for: that this vault's store has all that was acknowledged
// anywhere before the read was asked. Thread-safe.
class ReadBarrier {
 public:
  // Called exactly once, on any thread, also before WhenCurrent returns; must not block.
  using Then = absl::AnyInvocable<void(const absl::Status&)>;

  virtual ~ReadBarrier() = default;

  // For so many reads, which were asked before.
  virtual void WhenCurrent(size_t reads, Then then) = 0;
  // Whether the store is current at this moment: so many reads may look at it without WhenCurrent.
  virtual bool IsCurrent(size_t reads) = 0;

  // How long ago it was last certain that the store had everything: what a stale read may lack was
  // written after that. Infinite while it never was.
  virtual absl::Duration DataAge() const = 0;
};

// Of a vault whose store alone decides: it is always current.
class AlwaysCurrent final : public ReadBarrier {
 public:
  void WhenCurrent(size_t, Then then) override { then(absl::OkStatus()); }
  bool IsCurrent(size_t) override { return true; }
  absl::Duration DataAge() const override { return absl::ZeroDuration(); }
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_READ_BARRIER_H_
