#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_STAGED_DOCUMENTS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_STAGED_DOCUMENTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/station_agent/station_types.h"

namespace understudy::station_agent {

// A document with its content as it rests and travels: one zstd frame.
struct PackedDocument {
  KeptDocument info;
  std::string packed;
};

// The documents that the station keeps on disk, one file a duty: `<directory>/<duty>.document`, a
// line of JSON that says what it is, then the zstd frame. All calls block on the disk; use one
// thread at a time.
class StagedDocuments {
 public:
  explicit StagedDocuments(std::string directory) : directory_(std::move(directory)) {}

  // Creates the directory and reads everything. What is damaged, or is not what it says (by its
  // hash), is removed and named in `problems`: it can be fetched again.
  struct Loaded {
    std::vector<PackedDocument> documents;
    std::vector<std::string> problems;
  };
  absl::StatusOr<Loaded> Load();

  // On disk, synced, when it returns. Replaces what was kept for the duty.
  absl::Status Save(const PackedDocument& document);
  absl::Status Remove(const std::string& duty_id);

 private:
  std::string PathOf(const std::string& duty_id) const;

  const std::string directory_;
};

// The file's content. DecodeDocumentFile checks all of it, the hash of the content included.
// INVALID_ARGUMENT BAD_DOCUMENT_FILE.
std::string EncodeDocumentFile(const PackedDocument& document);
absl::StatusOr<PackedDocument> DecodeDocumentFile(std::string_view bytes);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_STAGED_DOCUMENTS_H_
