#include <grpcpp/channel.h>

#include <utility>

#include "cli/clients/grpc_clients.h"
#include "cli/clients/grpc_watch.h"
#include "common/rpc/client_call.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using config_vault::v1::Documents;
using Async = class Documents::Stub::async;

class GrpcVaultClient final : public VaultClient {
 public:
  GrpcVaultClient(const SharedChannel& channel, absl::Duration timeout)
      : stub_(Documents::NewStub(channel)), timeout_(timeout) {}

  absl::StatusOr<config_vault::v1::PutResponse> Put(
      const config_vault::v1::PutRequest& request) override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::Put, request, timeout_);
  }
  absl::StatusOr<config_vault::v1::GetResponse> Get(
      const config_vault::v1::GetRequest& request) override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::Get, request, timeout_);
  }
  absl::StatusOr<config_vault::v1::ListResponse> List(
      const config_vault::v1::ListRequest& request) override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::List, request, timeout_);
  }
  absl::StatusOr<config_vault::v1::HistoryResponse> History(
      const config_vault::v1::HistoryRequest& request) override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::History, request, timeout_);
  }
  absl::StatusOr<config_vault::v1::DiffResponse> Diff(
      const config_vault::v1::DiffRequest& request) override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::Diff, request, timeout_);
  }
  absl::StatusOr<config_vault::v1::RollbackResponse> Rollback(
      const config_vault::v1::RollbackRequest& request) override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::Rollback, request, timeout_);
  }
  absl::StatusOr<config_vault::v1::DeleteResponse> Delete(
      const config_vault::v1::DeleteRequest& request) override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::Delete, request, timeout_);
  }
  absl::Status Watch(const config_vault::v1::WatchRequest& request,
                     const Each<config_vault::v1::WatchResponse>& each) override {
    return WatchAndWait<config_vault::v1::WatchResponse>(*stub_->async(), &Async::Watch, request,
                                                         each);
  }

 private:
  const std::unique_ptr<Documents::Stub> stub_;
  const absl::Duration timeout_;
};

}  // namespace

std::unique_ptr<VaultClient> MakeVault(SharedChannel channel, absl::Duration timeout) {
  return std::make_unique<GrpcVaultClient>(channel, timeout);
}

}  // namespace understudy::cli::grpc_clients
