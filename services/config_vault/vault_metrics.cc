#include "services/config_vault/vault_metrics.h"

#include <utility>
#include <vector>

#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

// Reasons beyond these are counted as OTHER, so that the label stays bounded.
constexpr const char* kRejectedReasons[] = {
    "DOCUMENT_TOO_LARGE", "HASH_MISMATCH",     "INVALID_ASSIGNMENT",
    "INVALID_AUTHOR",     "INVALID_COMMENT",   "INVALID_CONTENT_TYPE",
    "INVALID_DUTY",       "INVALID_ENCODING",  "INVALID_EPOCH",
    "INVALID_FAILOVER",   "INVALID_FENCE",     "INVALID_JSON",
    "INVALID_NAME",       "INVALID_PAGE_SIZE", "INVALID_PAGE_TOKEN",
    "INVALID_REQUEST_ID", "INVALID_STATION",   "READ_NUMBER_REPEATED",
    "TOO_MANY_READS",     "OTHER"};

constexpr std::pair<Operation, const char*> kWrites[] = {{Operation::kPut, "put"},
                                                         {Operation::kRollback, "rollback"},
                                                         {Operation::kDelete, "delete"},
                                                         {Operation::kRegistryWrite, "registry"}};
constexpr std::pair<Operation, const char*> kReads[] = {{Operation::kGet, "get"},
                                                        {Operation::kList, "list"},
                                                        {Operation::kHistory, "history"},
                                                        {Operation::kDiff, "diff"},
                                                        {Operation::kRegistryRead, "registry"}};
constexpr std::pair<CallResult, const char*> kResults[] = {{CallResult::kOk, "ok"},
                                                           {CallResult::kUnchanged, "unchanged"},
                                                           {CallResult::kNotFound, "not_found"},
                                                           {CallResult::kInvalid, "invalid"},
                                                           {CallResult::kRefused, "refused"},
                                                           {CallResult::kFailed, "failed"}};

std::vector<double> CommandBuckets() { return {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}; }

bool IsInputError(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument ||
         ErrorReason(status) == "DOCUMENT_TOO_LARGE";
}

}  // namespace

CallResult ResultOf(const absl::Status& status) {
  if (status.ok()) return CallResult::kOk;
  if (IsInputError(status)) return CallResult::kInvalid;
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return CallResult::kNotFound;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return CallResult::kRefused;
    default:
      return CallResult::kFailed;
  }
}

VaultMetrics::VaultMetrics(metrics::Registry& registry)
    : commit_commands(registry.AddHistogram("understudy_config_vault_commit_commands",
                                            "Commands that one synced write made durable together.",
                                            {}, CommandBuckets())),
      commit_seconds(registry.AddHistogram("understudy_config_vault_commit_seconds",
                                           "How long synced writes took.")),
      revision(
          registry.AddGauge("understudy_config_vault_revision", "Number of the latest write.")),
      documents(registry.AddGauge("understudy_config_vault_documents",
                                  "Documents that are not deleted.")),
      kept_revisions(registry.AddGauge("understudy_config_vault_kept_revisions",
                                       "Revisions kept of all documents, deletions included.")),
      watchers(registry.AddGauge("understudy_config_vault_watchers", "Open document watches.")),
      watchers_too_slow(registry.AddCounter("understudy_config_vault_watchers_too_slow_total",
                                            "Watches ended because their reader stalled.")),
      disk_bytes(registry.AddGauge("understudy_config_vault_disk_bytes",
                                   "What the stored data takes, the log of writes left out.")),
      disk_writable(registry.AddGauge("understudy_config_vault_disk_writable",
                                      "1 while the disk takes writes, 0 while it refuses them.")),
      epoch(registry.AddGauge("understudy_config_vault_epoch",
                              "The epoch that the vault acts under.")) {
  for (const auto& [result, result_name] : kResults) {
    for (const auto& [operation, name] : kWrites) {
      calls_[{operation, result}] = registry.AddCounter(
          "understudy_config_vault_writes_total", "Writes asked for, by result.",
          {{"operation", name}, {"result", result_name}});
    }
    for (const auto& [operation, name] : kReads) {
      if (result == CallResult::kUnchanged) continue;
      calls_[{operation, result}] =
          registry.AddCounter("understudy_config_vault_reads_total", "Reads asked for, by result.",
                              {{"operation", name}, {"result", result_name}});
    }
  }
  for (const char* reason : kRejectedReasons) {
    rejected_[reason] =
        registry.AddCounter("understudy_config_vault_rejected_input_total",
                            "Requests refused for their form, by reason.", {{"reason", reason}});
  }
}

void VaultMetrics::Count(Operation operation, CallResult result) const {
  const auto found = calls_.find({operation, result});
  if (found != calls_.end()) found->second.Add();
}

void VaultMetrics::CountError(Operation operation, const absl::Status& status) const {
  Count(operation, ResultOf(status));
  if (!IsInputError(status)) return;
  const auto found = rejected_.find(ErrorReason(status));
  (found == rejected_.end() ? rejected_.at("OTHER") : found->second).Add();
}

}  // namespace understudy::config_vault
