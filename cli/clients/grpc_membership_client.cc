#include <grpcpp/channel.h>

#include <utility>

#include "cli/clients/grpc_call.h"
#include "cli/clients/grpc_clients.h"
#include "common/status/status.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using membership::v1::Membership;
using Async = class Membership::Stub::async;

class GrpcMembershipClient final : public MembershipClient {
 public:
  explicit GrpcMembershipClient(Peer peer)
      : peer_(std::move(peer)), stub_(Membership::NewStub(peer_.channel)) {}

  absl::StatusOr<membership::v1::ListResponse> List() override {
    membership::v1::ListRequest request;
    membership::v1::ListResponse all;
    do {
      UNDERSTUDY_ASSIGN_OR_RETURN(
          const auto page, Call(peer_, *stub_->async(), &Async::List, request, peer_.timeout));
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
    return Call(peer_, *stub_->async(), &Async::Get, request, peer_.timeout);
  }
  absl::Status Watch(const Each<membership::v1::WatchMembershipResponse>& each) override {
    return grpc_clients::Watch<membership::v1::WatchMembershipResponse>(
        peer_, watches_, *stub_->async(), &Async::WatchMembership,
        membership::v1::WatchMembershipRequest(), each);
  }

  void EndWatches() override { watches_.EndAll(); }

 private:
  const Peer peer_;
  const std::unique_ptr<Membership::Stub> stub_;
  WatchGroup watches_;
};

}  // namespace

std::unique_ptr<MembershipClient> MakeMembership(Peer peer) {
  return std::make_unique<GrpcMembershipClient>(std::move(peer));
}

}  // namespace understudy::cli::grpc_clients
