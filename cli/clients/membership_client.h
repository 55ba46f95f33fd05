#ifndef UNDERSTUDY_CLI_CLIENTS_MEMBERSHIP_CLIENT_H_
#define UNDERSTUDY_CLI_CLIENTS_MEMBERSHIP_CLIENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/clients/stream_watch.h"
#include "understudy/membership/v1/membership.pb.h"

namespace understudy::cli {

// Who is here. Calls wait for the answer, each with the connection's timeout. Thread-safe.
class MembershipClient {
 public:
  virtual ~MembershipClient() = default;

  // All pages in one.
  virtual absl::StatusOr<membership::v1::ListResponse> List() = 0;
  virtual absl::StatusOr<membership::v1::GetResponse> Get(const std::string& station) = 0;
  virtual absl::Status Watch(const Each<membership::v1::WatchMembershipResponse>& each) = 0;
  // Ends the watches that run now and those that begin later, with CANCELLED.
  virtual void EndWatches() = 0;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CLIENTS_MEMBERSHIP_CLIENT_H_
