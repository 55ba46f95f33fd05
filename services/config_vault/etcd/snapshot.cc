#include "services/config_vault/etcd/snapshot.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/status/status.h"

namespace understudy::config_vault::etcd {
namespace {

// Records read at a time.
constexpr size_t kPage = 128;
// What a mutation without content counts for.
constexpr size_t kMutationBytes = 256;

// Gathers mutations and gives them away in pieces.
class Pieces {
 public:
  Pieces(const SnapshotOptions& options, const Counters& counters,
         const std::function<absl::Status(const VaultBatch&)>& add)
      : options_(options), add_(add) {
    piece_.counters = counters;
  }

  absl::Status Add(Mutation mutation, size_t content_bytes = 0) {
    piece_.mutations.push_back(std::move(mutation));
    bytes_ += kMutationBytes + content_bytes;
    const bool is_full =
        bytes_ >= options_.piece_bytes || piece_.mutations.size() >= options_.piece_mutations;
    return is_full ? Close() : absl::OkStatus();
  }

  absl::Status Finish() { return given_ && piece_.mutations.empty() ? absl::OkStatus() : Close(); }

 private:
  absl::Status Close() {
    given_ = true;
    bytes_ = 0;
    const absl::Status status = add_(piece_);
    piece_.mutations.clear();
    return status;
  }

  const SnapshotOptions options_;
  const std::function<absl::Status(const VaultBatch&)>& add_;
  VaultBatch piece_;
  size_t bytes_ = 0;
  bool given_ = false;
};

absl::Status AddRevisions(const VaultReader& reader, Pieces& pieces) {
  Revision after = 0;
  while (true) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<DocumentInfo> page,
                                reader.ListChanges(after, kPage));
    for (const DocumentInfo& info : page) {
      UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentRevision> revision,
                                  reader.FindRevision(info.name, info.revision));
      UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentHead> head, reader.FindHead(info.name));
      if (!revision.has_value() || !head.has_value()) {
        return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                         "a logged revision of \"" + info.name + "\" is missing");
      }
      const size_t bytes = revision->packed.size();
      UNDERSTUDY_RETURN_IF_ERROR(pieces.Add(
          WriteRevision{.revision = *std::move(revision), .head = *std::move(head)}, bytes));
    }
    if (page.size() < kPage) return absl::OkStatus();
    after = page.back().revision;
  }
}

absl::Status AddRequests(const VaultReader& reader, Pieces& pieces) {
  uint64_t after = 0;
  while (true) {
    UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<RememberedRequest> page,
                                reader.ListRequests(after, kPage));
    for (RememberedRequest& request : page) {
      after = request.number;
      UNDERSTUDY_RETURN_IF_ERROR(pieces.Add(WriteRequest{std::move(request)}));
    }
    if (page.size() < kPage) return absl::OkStatus();
  }
}

absl::Status AddFailovers(const VaultReader& reader, Pieces& pieces) {
  Revision before = UINT64_MAX;
  while (true) {
    UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<StoredFailover> page,
                                reader.ListFailovers(before, kPage, /*unfinished=*/false));
    for (StoredFailover& failover : page) {
      before = failover.created;
      UNDERSTUDY_RETURN_IF_ERROR(pieces.Add(WriteFailover{std::move(failover)}));
    }
    if (page.size() < kPage) return absl::OkStatus();
  }
}

absl::Status AddRegistry(const VaultReader& reader, Pieces& pieces) {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<StoredStation> stations, reader.ListStations());
  for (StoredStation& station : stations) {
    UNDERSTUDY_RETURN_IF_ERROR(pieces.Add(WriteStation{std::move(station)}));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<Duty> duties, reader.ListDuties());
  for (Duty& duty : duties) {
    UNDERSTUDY_RETURN_IF_ERROR(pieces.Add(WriteDuty{.duty = std::move(duty)}));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadSnapshot(const VaultReader& reader, const SnapshotOptions& options,
                          const std::function<absl::Status(const VaultBatch&)>& add) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, reader.ReadCounters());
  Pieces pieces(options, counters, add);
  UNDERSTUDY_RETURN_IF_ERROR(AddRevisions(reader, pieces));
  UNDERSTUDY_RETURN_IF_ERROR(AddRequests(reader, pieces));
  UNDERSTUDY_RETURN_IF_ERROR(AddRegistry(reader, pieces));
  UNDERSTUDY_RETURN_IF_ERROR(AddFailovers(reader, pieces));
  return pieces.Finish();
}

}  // namespace understudy::config_vault::etcd
