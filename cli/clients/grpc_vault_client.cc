#include <grpcpp/channel.h>

#include <deque>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/synchronization/mutex.h"
#include "cli/clients/grpc_clients.h"
#include "cli/clients/root_client.h"
#include "common/rpc/request_id.h"
#include "common/vault/document_reader.h"
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

// More than enough to keep a stream busy, and little where documents are of the largest size.
constexpr size_t kReadsUnderWay = 32;

// Answers on their way from gRPC's threads to the caller's.
class Answers {
 public:
  using Answer = std::pair<size_t, vault::DocumentReader::Result>;

  void Put(size_t index, vault::DocumentReader::Result result) {
    absl::MutexLock lock(&mutex_);
    answers_.emplace_back(index, std::move(result));
  }
  Answer Take() {
    absl::MutexLock lock(&mutex_,
                         absl::Condition(
                             +[](Answers* self) { return !self->answers_.empty(); }, this));
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

 private:
  absl::Mutex mutex_;
  std::deque<Answer> answers_ ABSL_GUARDED_BY(mutex_);
};

class GrpcVaultClient final : public VaultClient {
 public:
  explicit GrpcVaultClient(const Peers& peers)
      : timeout_(peers.timeout), root_(peers), control_(peers) {}

  absl::StatusOr<config_vault::v1::PutResponse> Put(
      const config_vault::v1::PutRequest& request) override {
    return root_.Call(&Async::Put, Once(request));
  }
  absl::StatusOr<config_vault::v1::GetResponse> Get(
      const config_vault::v1::GetRequest& request) override {
    return root_.Call(&Async::Get, request);
  }
  absl::Status GetMany(const std::vector<config_vault::v1::GetRequest>& requests,
                       const EachAnswer& each) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto stub, root_.StubOfLast());
    const auto reader = vault::DocumentReader::Make(std::move(stub), {.timeout = timeout_});
    const absl::Cleanup stop = [&] { reader->Stop(); };
    const auto answers = std::make_shared<Answers>();
    size_t asked = 0;
    for (size_t answered = 0; answered < requests.size(); ++answered) {
      for (; asked < requests.size() && asked - answered < kReadsUnderWay; ++asked) {
        reader->Get(requests[asked], [answers, asked](vault::DocumentReader::Result result) {
          answers->Put(asked, std::move(result));
        });
      }
      auto [index, result] = answers->Take();
      // Another node may know: who is root is looked for anew.
      const bool is_elsewhere = result.status().code() == absl::StatusCode::kUnavailable ||
                                result.status().code() == absl::StatusCode::kDeadlineExceeded;
      if (is_elsewhere) result = Get(requests[index]);
      UNDERSTUDY_RETURN_IF_ERROR(each(index, std::move(result)));
    }
    return absl::OkStatus();
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
  const absl::Duration timeout_;
  RootClient<Documents> root_;
  RootClient<Control> control_;
};

}  // namespace

std::unique_ptr<VaultClient> MakeVault(Peers peers) {
  return std::make_unique<GrpcVaultClient>(peers);
}

}  // namespace understudy::cli::grpc_clients
