#include "services/station_agent/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/status/status.h"

namespace understudy::station_agent {
namespace {

constexpr std::string_view kUnfinished = ".unfinished";

absl::Status DiskFailed(const std::string& path, const char* what) {
  return MakeError(absl::StatusCode::kUnavailable, "DISK_FAILED",
                   path + ": " + what + ": " + std::strerror(errno));
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status WriteAndSync(const std::string& path, std::string_view bytes) {
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return DiskFailed(path, "open");
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return DiskFailed(path, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (fdatasync(file.get()) != 0) return DiskFailed(path, "sync");
  return absl::OkStatus();
}

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const FileDescriptor file(
      open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0 || fsync(file.get()) != 0) return DiskFailed(directory, "sync");
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes) {
  const std::string unfinished = path + std::string(kUnfinished);
  absl::Status status = WriteAndSync(unfinished, bytes);
  if (status.ok() && rename(unfinished.c_str(), path.c_str()) != 0) {
    status = DiskFailed(path, "rename");
  }
  if (!status.ok()) {
    unlink(unfinished.c_str());
    return status;
  }
  return SyncDirectoryOf(path);
}

absl::StatusOr<std::optional<std::string>> ReadWholeFile(const std::string& path, size_t limit) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::optional<std::string>();
  if (file.get() < 0) return DiskFailed(path, "open");
  std::string bytes;
  char block[65536];
  while (true) {
    const ssize_t got = read(file.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return DiskFailed(path, "read");
    if (got == 0) return std::optional<std::string>(std::move(bytes));
    bytes.append(block, static_cast<size_t>(got));
    if (bytes.size() > limit) {
      return MakeError(absl::StatusCode::kResourceExhausted, "FILE_TOO_LARGE",
                       path + ": larger than " + std::to_string(limit) + " bytes");
    }
  }
}

absl::Status RemoveFile(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return DiskFailed(path, "remove");
}

absl::Status MakeDirectories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  errno = error.value();
  return DiskFailed(path, "create the directory");
}

absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(kUnfinished)) {
      unlink(entry->path().c_str());
    } else {
      names.push_back(name);
    }
  }
  if (error) {
    errno = error.value();
    return DiskFailed(directory, "list");
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace understudy::station_agent
