#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_ATOMIC_FILE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_ATOMIC_FILE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace understudy::station_agent {

// Files that are whole or absent, whatever moment the process or the machine dies. Errors are
// UNAVAILABLE DISK_FAILED.

// Replaces `path` by a file of these bytes (0600). When it returns OK the bytes and their name are
// on disk, synced.
absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes);

// Nothing when there is no such file. RESOURCE_EXHAUSTED FILE_TOO_LARGE over `limit`.
absl::StatusOr<std::optional<std::string>> ReadWholeFile(const std::string& path, size_t limit);

// Also OK when there is none.
absl::Status RemoveFile(const std::string& path);

absl::Status MakeDirectories(const std::string& path);

// Names of the regular files in a directory, sorted, leftovers of unfinished writes removed.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& directory);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_ATOMIC_FILE_H_
