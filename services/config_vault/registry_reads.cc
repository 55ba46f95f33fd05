#include "services/config_vault/registry_reads.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/page_token.h"
#include "services/config_vault/proto_fields.h"

namespace understudy::config_vault {
namespace {

absl::StatusOr<Revision> ReadPosition(const std::string& listing, const std::string& token) {
  if (token.empty()) return UINT64_MAX;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string position, ReadPageToken(listing, token));
  uint64_t created = 0;
  if (absl::SimpleAtoi(position, &created)) return created;
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PAGE_TOKEN",
                   "the page token is not one that this listing gave");
}

}  // namespace

absl::StatusOr<v1::ListStationsResponse> ReadStations(const VaultReader& vault) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, vault.ReadCounters());
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<StoredStation> stations, vault.ListStations());
  v1::ListStationsResponse response;
  for (const StoredStation& stored : stations) {
    fields::ToProto(stored.station, *response.add_stations());
  }
  response.set_revision(counters.revision);
  return response;
}

absl::StatusOr<v1::ListDutiesResponse> ReadDuties(const VaultReader& vault) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, vault.ReadCounters());
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<Duty> duties, vault.ListDuties());
  v1::ListDutiesResponse response;
  for (const Duty& duty : duties) fields::ToProto(duty, *response.add_duties());
  response.set_revision(counters.revision);
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
