#include "services/config_vault/rocksdb_status.h"

#include <string>

#include "common/status/status.h"

namespace understudy::config_vault {

absl::Status FromRocksdb(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = std::string(doing) + ": " + status.ToString();
  if (status.IsCorruption()) {
    return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD", message);
  }
  if (status.IsNoSpace()) {
    return MakeError(absl::StatusCode::kResourceExhausted, "DISK_FULL", message);
  }
  return MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR", message);
}

}  // namespace understudy::config_vault
