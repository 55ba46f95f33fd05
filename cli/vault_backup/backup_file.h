#ifndef UNDERSTUDY_CLI_VAULT_BACKUP_BACKUP_FILE_H_
#define UNDERSTUDY_CLI_VAULT_BACKUP_BACKUP_FILE_H_

#include <cstdint>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/document/sha256_hasher.h"

// A vault's backup as one file, format 1. services/config_vault/doc/backup.md has every byte.
//
//   "understudy vault backup 1\n"
//   records, each: kind (1 byte), length (4 bytes, big endian), SHA-256 (32 bytes) of kind, length
//                  and payload, payload
//
// The first record is the manifest (M), the last the end (E); between them are the pieces of a
// snapshot, packed (P: one zstd frame) or, where that is too large to be one, as they are (R). The
// end has the SHA-256 of all bytes before it. Both classes are for one thread at a time.
namespace understudy::cli {

// What a backup says of itself.
struct BackupManifest {
  absl::Time made_at = absl::UnixEpoch();
  // host:port of the vault that it was taken from.
  std::string vault = {};
  // As they were then.
  uint64_t epoch = 0;
  uint64_t revision = 0;
  uint64_t documents = 0;
  uint64_t kept_revisions = 0;
  // A storage.v1.CountersRecord.
  std::string counters = {};

  bool operator==(const BackupManifest&) const = default;
};

// Writes to `out`, which must outlive the object. Errors: UNAVAILABLE WRITE_FAILED.
class BackupWriter {
 public:
  explicit BackupWriter(std::ostream& out) : out_(out) {}

  // These in this order. A piece has at most 5 MiB.
  absl::Status Begin(const BackupManifest& manifest);
  absl::Status AddPiece(std::string_view piece);
  // All is written; the caller has it synced.
  absl::Status End();

  uint64_t pieces() const { return pieces_; }
  uint64_t bytes() const { return bytes_; }

 private:
  absl::Status Write(std::string_view bytes);
  absl::Status WriteRecord(char kind, std::string_view payload);

  std::ostream& out_;
  Sha256Hasher hasher_;
  uint64_t pieces_ = 0;
  uint64_t bytes_ = 0;
};

// Reads from `in`, which must outlive the object. `name` is the file's, for errors:
//   INVALID_ARGUMENT    NOT_A_BACKUP: it begins with something else
//   FAILED_PRECONDITION NEWER_FORMAT: of a later format than 1
//   DATA_LOSS           TRUNCATED_BACKUP, ALTERED_BACKUP (metadata: offset): where, and what
class BackupReader {
 public:
  BackupReader(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {}

  absl::StatusOr<BackupManifest> Begin();
  // The next piece; nothing after the last, when the end was found to fit all before it and nothing
  // follows. What was given before an error must not be used.
  absl::StatusOr<std::optional<std::string>> NextPiece();

  uint64_t pieces() const { return pieces_; }
  // Read so far.
  uint64_t bytes() const { return offset_; }

 private:
  struct Record {
    char kind = 0;
    std::string payload = {};
  };
  absl::StatusOr<Record> ReadRecord();
  absl::StatusOr<std::string> Read(size_t size, std::string_view what);
  absl::Status CheckEnd(std::string_view payload, const Sha256& before);
  absl::Status Altered(std::string_view what) const;

  std::istream& in_;
  const std::string name_;
  Sha256Hasher hasher_;
  // Of all bytes before the latest record, and where it begins.
  Sha256 before_{};
  uint64_t record_offset_ = 0;
  uint64_t offset_ = 0;
  uint64_t pieces_ = 0;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VAULT_BACKUP_BACKUP_FILE_H_
