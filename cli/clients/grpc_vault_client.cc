#include <grpcpp/channel.h>

#include "cli/clients/grpc_clients.h"
#include "cli/clients/root_client.h"
#include "common/rpc/request_id.h"
#include "understudy/config_vault/v1/control.grpc.pb.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using config_vault::v1::Control;
using config_vault::v1::Documents;
using Async = class Documents::Stub::async;
using ControlAsync = class Control::Stub::async;

// With an id of its own, so that a write that is repeated at another node happens once.
template <typename Request>
Request Once(Request request) {
  if (request.request_id().empty()) request.set_request_id(rpc::NewRequestId());
  return request;
}

class GrpcVaultClient final : public VaultClient {
 public:
  explicit GrpcVaultClient(const Peers& peers) : root_(peers), control_(peers) {}

  absl::StatusOr<config_vault::v1::PutResponse> Put(
      const config_vault::v1::PutRequest& request) override {
    return root_.Call(&Async::Put, Once(request));
  }
  absl::StatusOr<config_vault::v1::GetResponse> Get(
      const config_vault::v1::GetRequest& request) override {
    return root_.Call(&Async::Get, request);
  }
  absl::StatusOr<config_vault::v1::ListResponse> List(
      const config_vault::v1::ListRequest& request) override {
    return root_.Call(&Async::List, request);
  }
  absl::StatusOr<config_vault::v1::HistoryResponse> History(
      const config_vault::v1::HistoryRequest& request) override {
    return root_.Call(&Async::History, request);
  }
  absl::StatusOr<config_vault::v1::DiffResponse> Diff(
      const config_vault::v1::DiffRequest& request) override {
    return root_.Call(&Async::Diff, request);
  }
  absl::StatusOr<config_vault::v1::RollbackResponse> Rollback(
      const config_vault::v1::RollbackRequest& request) override {
    return root_.Call(&Async::Rollback, Once(request));
  }
  absl::StatusOr<config_vault::v1::DeleteResponse> Delete(
      const config_vault::v1::DeleteRequest& request) override {
    return root_.Call(&Async::Delete, Once(request));
  }
  absl::Status Watch(const config_vault::v1::WatchRequest& request,
                     const Each<config_vault::v1::WatchResponse>& each) override {
    return root_.Watch(&Async::Watch, request, each);
  }

  absl::StatusOr<config_vault::v1::ListNodesResponse> ListNodes() override {
    return control_.Call(&ControlAsync::ListNodes, config_vault::v1::ListNodesRequest());
  }
  absl::StatusOr<config_vault::v1::HandOverResponse> HandOver(
      const config_vault::v1::HandOverRequest& request) override {
    return control_.Call(&ControlAsync::HandOver, request);
  }
  absl::Status AddNode(const config_vault::v1::AddNodeRequest& request) override {
    return control_.Call(&ControlAsync::AddNode, request).status();
  }
  absl::Status RemoveNode(const config_vault::v1::RemoveNodeRequest& request) override {
    return control_.Call(&ControlAsync::RemoveNode, request).status();
  }

  void EndWatches() override { root_.EndWatches(); }

 private:
  RootClient<Documents> root_;
  RootClient<Control> control_;
};

}  // namespace

std::unique_ptr<VaultClient> MakeVault(Peers peers) {
  return std::make_unique<GrpcVaultClient>(peers);
}

}  // namespace understudy::cli::grpc_clients
