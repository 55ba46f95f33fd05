#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/document/sha256.h"

namespace understudy::config_vault {

// Number of a write; 0 is before the first.
using Revision = uint64_t;

// One revision of one document, without its content.
struct DocumentInfo {
  std::string name = {};
  Revision revision = 0;
  // Of the uncompressed content; all zero for a deletion.
  Sha256 sha256{};
  uint64_t size = 0;
  std::string content_type = {};
  std::string author = {};
  absl::Time time = absl::UnixEpoch();
  bool deleted = false;
  std::string comment = {};

  bool operator==(const DocumentInfo&) const = default;
};

// The latest revision of a document, and how far its history reaches back.
struct DocumentHead {
  DocumentInfo latest = {};
  // The oldest revision that is kept, and how many are.
  Revision oldest = 0;
  uint64_t kept = 0;

  bool operator==(const DocumentHead&) const = default;
};

// One revision with its content as it is stored: one zstd frame, empty for a deletion.
struct DocumentRevision {
  DocumentInfo info = {};
  std::string packed = {};

  bool operator==(const DocumentRevision&) const = default;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_H_
