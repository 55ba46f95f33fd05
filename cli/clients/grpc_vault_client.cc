#include <grpcpp/channel.h>

#include <utility>

#include "cli/clients/grpc_call.h"
#include "cli/clients/grpc_clients.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using config_vault::v1::Documents;
using Async = class Documents::Stub::async;

class GrpcVaultClient final : public VaultClient {
 public:
  explicit GrpcVaultClient(Peer peer)
      : peer_(std::move(peer)), stub_(Documents::NewStub(peer_.channel)) {}

  absl::StatusOr<config_vault::v1::PutResponse> Put(
      const config_vault::v1::PutRequest& request) override {
    return Call(peer_, *stub_->async(), &Async::Put, request, peer_.timeout);
  }
  absl::StatusOr<config_vault::v1::GetResponse> Get(
      const config_vault::v1::GetRequest& request) override {
    return Call(peer_, *stub_->async(), &Async::Get, request, peer_.timeout);
  }
  absl::StatusOr<config_vault::v1::ListResponse> List(
      const config_vault::v1::ListRequest& request) override {
    return Call(peer_, *stub_->async(), &Async::List, request, peer_.timeout);
  }
  absl::StatusOr<config_vault::v1::HistoryResponse> History(
      const config_vault::v1::HistoryRequest& request) override {
    return Call(peer_, *stub_->async(), &Async::History, request, peer_.timeout);
  }
  absl::StatusOr<config_vault::v1::DiffResponse> Diff(
      const config_vault::v1::DiffRequest& request) override {
    return Call(peer_, *stub_->async(), &Async::Diff, request, peer_.timeout);
  }
  absl::StatusOr<config_vault::v1::RollbackResponse> Rollback(
      const config_vault::v1::RollbackRequest& request) override {
    return Call(peer_, *stub_->async(), &Async::Rollback, request, peer_.timeout);
  }
  absl::StatusOr<config_vault::v1::DeleteResponse> Delete(
      const config_vault::v1::DeleteRequest& request) override {
    return Call(peer_, *stub_->async(), &Async::Delete, request, peer_.timeout);
  }
  absl::Status Watch(const config_vault::v1::WatchRequest& request,
                     const Each<config_vault::v1::WatchResponse>& each) override {
    return grpc_clients::Watch<config_vault::v1::WatchResponse>(peer_, watches_, *stub_->async(),
                                                                &Async::Watch, request, each);
  }

  void EndWatches() override { watches_.EndAll(); }

 private:
  const Peer peer_;
  const std::unique_ptr<Documents::Stub> stub_;
  WatchGroup watches_;
};

}  // namespace

std::unique_ptr<VaultClient> MakeVault(Peer peer) {
  return std::make_unique<GrpcVaultClient>(std::move(peer));
}

}  // namespace understudy::cli::grpc_clients
