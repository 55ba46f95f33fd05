#include <grpcpp/channel.h>

#include <utility>

#include "cli/clients/grpc_call.h"
#include "cli/clients/grpc_clients.h"
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
    return Call(peer_, *stub_->async(), &Async::List, membership::v1::ListRequest(), peer_.timeout);
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
