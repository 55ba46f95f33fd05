#include "common/rocksdb/rocksdb_status.h"

#include <cstdarg>
#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status.h"

namespace understudy {
namespace {

class LogForwarder final : public rocksdb::Logger {
 public:
  LogForwarder() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  void Logv(const char* format, va_list arguments) override {
    char text[kMaxLogBytes];
    if (std::vsnprintf(text, sizeof(text), format, arguments) <= 0) return;
    log_.Warn("{}", std::string(absl::StripTrailingAsciiWhitespace(text)));
  }
  using rocksdb::Logger::Logv;

 private:
  static constexpr size_t kMaxLogBytes = 512;
  const log::Logger log_{"rocksdb"};
};

}  // namespace

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

// RocksDB tells a held lock only by its words.
absl::Status FromRocksdbOpen(const rocksdb::Status& status, std::string_view doing,
                             const std::string& directory) {
  const std::string text = status.ToString();
  if (status.IsIOError() && text.find("LOCK") != std::string::npos) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "DATA_IN_USE",
        absl::StrCat("another process has the data in ", directory, " open (", text, ")"),
        {{"directory", directory}});
  }
  return FromRocksdb(status, std::string(doing) + " in " + directory);
}

absl::Status ProbeDisk(const std::string& directory, uint64_t room, std::string_view doing) {
  rocksdb::Env* const env = rocksdb::Env::Default();
  const std::string path = directory + "/probe.tmp";
  const rocksdb::Status written =
      rocksdb::WriteStringToFile(env, std::string(4096, '\0'), path, /*should_sync=*/true);
  (void)env->DeleteFile(path);
  if (!written.ok()) return FromRocksdb(written, doing);
  uint64_t free = 0;
  if (!env->GetFreeSpace(directory, &free).ok() || free >= room) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, "DISK_FULL",
                   absl::StrCat(directory, " has ", free, " bytes left, expected ", room));
}

std::shared_ptr<rocksdb::Logger> MakeRocksdbLogger() { return std::make_shared<LogForwarder>(); }

}  // namespace understudy
