#ifndef UNDERSTUDY_COMMON_ROCKSDB_ROCKSDB_STATUS_H_
#define UNDERSTUDY_COMMON_ROCKSDB_ROCKSDB_STATUS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/env.h"
#include "rocksdb/status.h"

namespace understudy {

// The one place where RocksDB's errors become ours. `doing` says what failed, e.g. "writing the
// vault". NotFound is an error here: ask before.
//   DATA_LOSS          CORRUPT_RECORD
//   RESOURCE_EXHAUSTED DISK_FULL
//   UNAVAILABLE        DISK_ERROR
absl::Status FromRocksdb(const rocksdb::Status& status, std::string_view doing);

// The same for opening a database in `directory`, and
//   FAILED_PRECONDITION DATA_IN_USE: another process has it open (metadata: directory)
absl::Status FromRocksdbOpen(const rocksdb::Status& status, std::string_view doing,
                             const std::string& directory);

// Whether the directory takes new files, and has `room` bytes: DISK_ERROR or DISK_FULL.
absl::Status ProbeDisk(const std::string& directory, uint64_t room, std::string_view doing);

// RocksDB's own messages in our log. (Written to its LOG file, they would end the process on a full
// disk: Debian's build asserts that no file is written to after an error.)
std::shared_ptr<rocksdb::Logger> MakeRocksdbLogger();

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_ROCKSDB_ROCKSDB_STATUS_H_
