#include <grpcpp/channel.h>

#include <utility>

#include "cli/clients/grpc_clients.h"
#include "cli/clients/grpc_watch.h"
#include "common/rpc/client_call.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using membership::v1::Membership;
using Async = class Membership::Stub::async;

class GrpcMembershipClient final : public MembershipClient {
 public:
  GrpcMembershipClient(const SharedChannel& channel, absl::Duration timeout)
      : stub_(Membership::NewStub(channel)), timeout_(timeout) {}

  absl::StatusOr<membership::v1::ListResponse> List() override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::List, membership::v1::ListRequest(),
                                 timeout_);
  }
  absl::StatusOr<membership::v1::GetResponse> Get(const std::string& station) override {
    membership::v1::GetRequest request;
    request.set_station_id(station);
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::Get, request, timeout_);
  }
  absl::Status Watch(const Each<membership::v1::WatchMembershipResponse>& each) override {
    return WatchAndWait<membership::v1::WatchMembershipResponse>(
        *stub_->async(), &Async::WatchMembership, membership::v1::WatchMembershipRequest(), each);
  }

 private:
  const std::unique_ptr<Membership::Stub> stub_;
  const absl::Duration timeout_;
};

}  // namespace

std::unique_ptr<MembershipClient> MakeMembership(SharedChannel channel, absl::Duration timeout) {
  return std::make_unique<GrpcMembershipClient>(channel, timeout);
}

}  // namespace understudy::cli::grpc_clients
