#include "services/config_vault/etcd/current_state.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/status/status.h"
#include "services/config_vault/etcd/batch_codec.h"

namespace understudy::config_vault::etcd {
namespace {

// Of one transaction: within etcd's own limits.
constexpr size_t kMaxWrites = 100;
constexpr size_t kMaxBytes = 1 << 20;
constexpr size_t kPage = 128;

// Gathers writes, and has them made in groups.
class Writer {
 public:
  Writer(const SiteKeys& keys, const std::function<absl::Status(std::vector<Write>)>& commit)
      : keys_(keys), commit_(commit) {}

  absl::Status Add(const Mutation& mutation) {
    for (Write& write : EncodeCurrent(keys_, mutation)) {
      bytes_ += write.value.has_value() ? write.value->size() : 0;
      writes_.push_back(std::move(write));
    }
    const bool is_full = writes_.size() >= kMaxWrites || bytes_ >= kMaxBytes;
    return is_full ? Flush() : absl::OkStatus();
  }
  absl::Status Flush() {
    bytes_ = 0;
    return writes_.empty() ? absl::OkStatus() : commit_(std::exchange(writes_, {}));
  }

 private:
  const SiteKeys& keys_;
  const std::function<absl::Status(std::vector<Write>)>& commit_;
  std::vector<Write> writes_;
  size_t bytes_ = 0;
};

absl::StatusOr<uint64_t> AddDocuments(const VaultReader& reader, Writer& writer) {
  uint64_t documents = 0;
  VaultReader::HeadPage page;
  do {
    UNDERSTUDY_ASSIGN_OR_RETURN(page, reader.ListHeads("", page.last, kPage, false));
    for (const DocumentHead& head : page.heads) {
      UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentRevision> revision,
                                  reader.FindRevision(head.latest.name, head.latest.revision));
      if (!revision.has_value()) {
        return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                         "the latest revision of \"" + head.latest.name + "\" is missing");
      }
      UNDERSTUDY_RETURN_IF_ERROR(
          writer.Add(WriteRevision{.revision = *std::move(revision), .head = head}));
      ++documents;
    }
  } while (page.more);
  return documents;
}

absl::StatusOr<Epoch> AddRegistry(const VaultReader& reader, Writer& writer) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<StoredStation> stations, reader.ListStations());
  for (const StoredStation& station : stations) {
    UNDERSTUDY_RETURN_IF_ERROR(writer.Add(WriteStation{station}));
  }
  Epoch highest = 0;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<Duty> duties, reader.ListDuties());
  for (const Duty& duty : duties) {
    highest = std::max(highest, duty.assignment.epoch);
    UNDERSTUDY_RETURN_IF_ERROR(writer.Add(WriteDuty{.duty = duty}));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<StoredFailover> failovers,
                              reader.ListFailovers(UINT64_MAX, SIZE_MAX, /*unfinished=*/true));
  for (const StoredFailover& failover : failovers) {
    UNDERSTUDY_RETURN_IF_ERROR(writer.Add(WriteFailover{failover}));
  }
  return highest;
}

}  // namespace

absl::StatusOr<CurrentSummary> WriteCurrent(
    const SiteKeys& keys, const VaultReader& reader,
    const std::function<absl::Status(std::vector<Write>)>& commit) {
  Writer writer(keys, commit);
  CurrentSummary summary;
  UNDERSTUDY_ASSIGN_OR_RETURN(summary.documents, AddDocuments(reader, writer));
  UNDERSTUDY_ASSIGN_OR_RETURN(summary.highest_epoch, AddRegistry(reader, writer));
  UNDERSTUDY_RETURN_IF_ERROR(writer.Flush());
  return summary;
}

}  // namespace understudy::config_vault::etcd
