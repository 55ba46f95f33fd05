#include <grpcpp/channel.h>

#include <utility>

#include "cli/clients/grpc_clients.h"
#include "cli/clients/root_client.h"
#include "common/status/status.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using membership::v1::Membership;
using Async = class Membership::Stub::async;

class GrpcMembershipClient final : public MembershipClient {
 public:
  explicit GrpcMembershipClient(Peers peers) : root_(std::move(peers)) {}

  absl::StatusOr<membership::v1::ListResponse> List() override {
    membership::v1::ListRequest request;
    membership::v1::ListResponse all;
    do {
      UNDERSTUDY_ASSIGN_OR_RETURN(const auto page, root_.Call(&Async::List, request));
      // Lists are appended, the rest is the newest page's: the token is gone after the last.
      all.clear_next_page_token();
      all.MergeFrom(page);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
  absl::StatusOr<membership::v1::GetResponse> Get(const std::string& station) override {
    membership::v1::GetRequest request;
    request.set_station_id(station);
    return root_.Call(&Async::Get, request);
  }
  absl::Status Watch(const Each<membership::v1::WatchMembershipResponse>& each) override {
    return root_.Watch(&Async::WatchMembership, membership::v1::WatchMembershipRequest(), each);
  }

  void EndWatches() override { root_.EndWatches(); }

 private:
  RootClient<Membership> root_;
};

}  // namespace

std::unique_ptr<MembershipClient> MakeMembership(Peers peers) {
  return std::make_unique<GrpcMembershipClient>(std::move(peers));
}

}  // namespace understudy::cli::grpc_clients
