#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_METRICS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_METRICS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "common/metrics/metrics.h"

namespace understudy::config_vault {

enum class Operation {
  kPut,
  kRollback,
  kDelete,
  kRegistryWrite,
  kGet,
  kList,
  kHistory,
  kDiff,
  kRegistryRead,
};

// How a call went, for its label.
enum class CallResult {
  // Done.
  kOk,
  // A put of what was there already.
  kUnchanged,
  // What was asked for is not there.
  kNotFound,
  // The request's form is wrong.
  kInvalid,
  // The state forbids it: another revision, an older assignment or epoch, ...
  kRefused,
  // The vault could not: the disk, overload.
  kFailed,
};

CallResult ResultOf(const absl::Status& status);

// All that the vault counts. Thread-safe.
class VaultMetrics {
 public:
  // Makes every series at once, so that rates begin at 0.
  explicit VaultMetrics(metrics::Registry& registry);

  void Count(Operation operation, CallResult result) const;
  // Also counts the reason where the input was to blame.
  void CountError(Operation operation, const absl::Status& status) const;

  metrics::Histogram commit_commands;
  metrics::Histogram commit_seconds;
  metrics::Gauge revision;
  metrics::Gauge documents;
  metrics::Gauge kept_revisions;
  metrics::Gauge watchers;
  metrics::Counter watchers_too_slow;
  metrics::Gauge disk_bytes;
  metrics::Gauge disk_writable;
  metrics::Gauge epoch;

 private:
  std::map<std::pair<Operation, CallResult>, metrics::Counter> calls_;
  std::map<std::string, metrics::Counter, std::less<>> rejected_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_METRICS_H_
