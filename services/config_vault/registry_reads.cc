#include "services/config_vault/registry_reads.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/page_token.h"
#include "services/config_vault/proto_fields.h"

namespace understudy::config_vault {
namespace {

// A page is full with so much, well below what a message may have.
constexpr size_t kPageBytes = 1 << 20;

absl::StatusOr<Revision> ReadPosition(const std::string& listing, const std::string& token) {
  if (token.empty()) return UINT64_MAX;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string position, ReadPageToken(listing, token));
  uint64_t created = 0;
  if (absl::SimpleAtoi(position, &created)) return created;
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PAGE_TOKEN",
                   "the page token is not one that this listing gave");
}

// A page of a listing by id.
struct IdPage {
  std::string listing;
  std::string after;
  uint32_t limit = 0;
};

template <typename Request>
absl::StatusOr<IdPage> ReadIdPage(std::string listing, const Request& request) {
  IdPage page;
  page.listing = std::move(listing);
  UNDERSTUDY_ASSIGN_OR_RETURN(page.limit, ReadPageSize(request.page_size()));
  if (request.page_token().empty()) return page;
  UNDERSTUDY_ASSIGN_OR_RETURN(page.after, ReadPageToken(page.listing, request.page_token()));
  return page;
}

// What `add` put into the response: its id, and its size there in bytes.
struct Added {
  std::string id;
  size_t bytes = 0;
};

// Adds records until the page is full; `records` has one more when the listing goes on.
template <typename Record, typename Response, typename Add>
void Fill(const IdPage& page, const std::vector<Record>& records, Response& response, Add add) {
  size_t bytes = 0;
  std::string last;
  for (size_t i = 0; i < records.size(); ++i) {
    if (i == page.limit || bytes >= kPageBytes) {
      response.set_next_page_token(MakePageToken(page.listing, last));
      return;
    }
    Added added = add(records[i]);
    last = std::move(added.id);
    bytes += added.bytes;
  }
}

}  // namespace

absl::StatusOr<v1::ListStationsResponse> ReadStations(const VaultReader& vault,
                                                      const v1::ListStationsRequest& request) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const IdPage page, ReadIdPage("stations", request));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, vault.ReadCounters());
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<StoredStation> stations,
                              vault.ListStationsAfter(page.after, page.limit + 1));
  v1::ListStationsResponse response;
  response.set_revision(counters.revision);
  Fill(page, stations, response, [&response](const StoredStation& stored) {
    v1::StationRecord& to = *response.add_stations();
    fields::ToProto(stored.station, to);
    return Added{to.id(), to.ByteSizeLong()};
  });
  return response;
}

absl::StatusOr<v1::ListDutiesResponse> ReadDuties(const VaultReader& vault,
                                                  const v1::ListDutiesRequest& request) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const IdPage page, ReadIdPage("duties", request));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, vault.ReadCounters());
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<Duty> duties,
                              vault.ListDutiesAfter(page.after, page.limit + 1));
  v1::ListDutiesResponse response;
  response.set_revision(counters.revision);
  Fill(page, duties, response, [&response](const Duty& duty) {
    v1::Duty& to = *response.add_duties();
    fields::ToProto(duty, to);
    return Added{to.id(), to.ByteSizeLong()};
  });
  return response;
}

absl::StatusOr<v1::ListFailoversResponse> ReadFailovers(const VaultReader& vault,
                                                        const v1::ListFailoversRequest& request) {
  const std::string listing = request.unfinished() ? "failovers/unfinished" : "failovers/all";
  UNDERSTUDY_ASSIGN_OR_RETURN(const uint32_t limit, ReadPageSize(request.page_size()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Revision before, ReadPosition(listing, request.page_token()));
  // One more tells whether there is another page.
  UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<StoredFailover> failovers,
                              vault.ListFailovers(before, limit + 1, request.unfinished()));
  v1::ListFailoversResponse response;
  if (failovers.size() > limit) {
    failovers.resize(limit);
    response.set_next_page_token(MakePageToken(listing, absl::StrCat(failovers.back().created)));
  }
  for (const StoredFailover& stored : failovers) {
    fields::ToProto(stored.failover, *response.add_failovers());
  }
  return response;
}

absl::StatusOr<v1::GetFailoverResponse> ReadFailover(const VaultReader& vault,
                                                     const v1::GetFailoverRequest& request) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<StoredFailover> stored,
                              vault.FindFailover(request.failover_id()));
  if (!stored.has_value()) {
    return MakeError(absl::StatusCode::kNotFound, "FAILOVER_NOT_FOUND",
                     absl::StrCat("there is no failover \"", request.failover_id(), "\""),
                     {{"failover_id", request.failover_id()}});
  }
  v1::GetFailoverResponse response;
  fields::ToProto(stored->failover, *response.mutable_failover());
  return response;
}

}  // namespace understudy::config_vault
