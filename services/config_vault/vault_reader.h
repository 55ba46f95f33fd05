#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_READER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/config_vault/vault_batch.h"

namespace understudy::config_vault {

template <typename T>
using Found = absl::StatusOr<std::optional<T>>;

// The point reads that the state machine decides by. Errors are of the disk (DISK_ERROR) or of what
// lies on it (DATA_LOSS CORRUPT_RECORD); what is not there is no error.
class VaultView {
 public:
  virtual ~VaultView() = default;

  virtual absl::StatusOr<Counters> ReadCounters() const = 0;

  virtual Found<DocumentHead> FindHead(std::string_view name) const = 0;
  virtual Found<DocumentRevision> FindRevision(std::string_view name, Revision revision) const = 0;
  // The oldest kept revision of the document after `after`; 0 when there is none.
  virtual absl::StatusOr<Revision> NextRevision(std::string_view name, Revision after) const = 0;

  virtual Found<RememberedRequest> FindRequest(std::string_view id) const = 0;
  // The id of the request with this number.
  virtual Found<std::string> FindRequestId(uint64_t number) const = 0;

  virtual Found<StoredStation> FindStation(std::string_view id) const = 0;
  virtual Found<Duty> FindDuty(std::string_view id) const = 0;
  // The id of the duty that is assigned to the station.
  virtual Found<std::string> FindDutyOfStation(std::string_view station_id) const = 0;

  virtual Found<StoredFailover> FindFailover(std::string_view id) const = 0;
  // The id of the failover that finished as the `number`th.
  virtual Found<std::string> FindFinishedFailover(uint64_t number) const = 0;
};

// All reads, on one state of the vault: what is written later is not seen. Thread-safe. Holding one
// keeps old records on the disk, so not for long.
class VaultReader : public VaultView {
 public:
  // The content of a revision that is no deletion, packed.
  virtual Found<std::string> FindContent(std::string_view name, Revision revision) const = 0;

  // Heads whose names begin with `prefix` and come after `after`, by name, at most `limit`. Looks
  // at no more than a few times `limit` records to leave deleted ones out: `more` tells whether the
  // listing goes on after `last`, even where `heads` is empty.
  struct HeadPage {
    std::vector<DocumentHead> heads;
    std::string last;
    bool more = false;
  };
  virtual absl::StatusOr<HeadPage> ListHeads(std::string_view prefix, std::string_view after,
                                             size_t limit, bool include_deleted) const = 0;

  // Revisions of one document before `before`, newest first, at most `limit`.
  virtual absl::StatusOr<std::vector<DocumentInfo>> ListHistory(std::string_view name,
                                                                Revision before,
                                                                size_t limit) const = 0;
  // Changes of all documents after `after`, in the order of writes, at most `limit`.
  virtual absl::StatusOr<std::vector<DocumentInfo>> ListChanges(Revision after,
                                                                size_t limit) const = 0;

  // Remembered requests with numbers after `after`, by number, at most `limit`.
  virtual absl::StatusOr<std::vector<RememberedRequest>> ListRequests(uint64_t after,
                                                                      size_t limit) const = 0;
  // Nothing in the store of an embedded engine.
  virtual Found<ReplicaPosition> ReadPosition() const = 0;

  // By id, those after `after`, at most `limit`.
  virtual absl::StatusOr<std::vector<StoredStation>> ListStationsAfter(std::string_view after,
                                                                       size_t limit) const = 0;
  virtual absl::StatusOr<std::vector<Duty>> ListDutiesAfter(std::string_view after,
                                                            size_t limit) const = 0;
  // All, by id.
  absl::StatusOr<std::vector<StoredStation>> ListStations() const {
    return ListStationsAfter("", SIZE_MAX);
  }
  absl::StatusOr<std::vector<Duty>> ListDuties() const { return ListDutiesAfter("", SIZE_MAX); }
  // Failovers created before `before`, newest first, at most `limit`.
  virtual absl::StatusOr<std::vector<StoredFailover>> ListFailovers(Revision before, size_t limit,
                                                                    bool unfinished) const = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_READER_H_
