#include "services/station_agent/grpc_vault_documents.h"

#include <grpcpp/channel.h>

#include <deque>
#include <optional>
#include <type_traits>
#include <utility>

#include "common/control_nodes/root_redirect.h"
#include "common/document/compression.h"
#include "common/document/document_checker.h"
#include "common/rpc/client_call.h"
#include "services/station_agent/control_channels.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::station_agent {
namespace {

namespace vault = config_vault::v1;

using Async = class vault::Documents::Stub::async;

// Of one attempt. A vault that is frozen must not keep a duty's document from its spare for long.
constexpr absl::Duration kTimeout = absl::Seconds(3);

absl::StatusOr<std::string> PackedContent(vault::GetResponse response) {
  if (response.encoding() == vault::ENCODING_ZSTD) return std::move(*response.mutable_content());
  return Pack(response.content());
}

vault::PutRequest EncodePut(const VaultDocuments::Upload& upload) {
  vault::PutRequest request;
  const KeptDocument& info = upload.document.info;
  request.set_name(info.document);
  request.set_content(upload.document.packed);
  request.set_encoding(vault::ENCODING_ZSTD);
  request.set_content_type(std::string(kJsonContentType));
  request.set_request_id(upload.request_id);
  request.set_author(upload.author);
  request.set_sha256(Sha256ToBytes(info.sha256));
  request.mutable_fence()->set_duty_id(info.duty_id);
  request.mutable_fence()->set_assignment_number(upload.assignment_number);
  return request;
}

// Calls one vault after another until one can say something: the root's, one that it names, the
// other nodes'. What cannot be answered by any is the last one's error. Writes carry an id, so that
// one that was repeated elsewhere happened once.
template <typename Request, typename Response>
class VaultCall : public std::enable_shared_from_this<VaultCall<Request, Response>> {
 public:
  using Method = rpc::UnaryMethod<Async, Request, Response>;
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Response>)>;

  VaultCall(ControlChannels& channels, Method method, Request request, Callback callback)
      : channels_(channels),
        method_(method),
        request_(std::move(request)),
        callback_(std::move(callback)) {
    for (const ControlNode& node : channels.RootFirst()) waiting_.push_back(node.vault);
  }

  void Next() {
    const std::string address = waiting_.front();
    waiting_.pop_front();
    const std::shared_ptr<vault::Documents::Stub> stub =
        vault::Documents::NewStub(channels_.To(address));
    rpc::CallUnary(*stub->async(), method_, request_, kTimeout,
                   [self = this->shared_from_this(), stub](absl::StatusOr<Response> response) {
                     self->OnAnswer(std::move(response));
                   });
  }

 private:
  void OnAnswer(absl::StatusOr<Response> response) {
    FollowRedirect(response.status());
    if (!IsNoAnswer(response.status()) || waiting_.empty()) return callback_(std::move(response));
    Next();
  }

  static bool IsNoAnswer(const absl::Status& status) {
    return status.code() == absl::StatusCode::kUnavailable ||
           status.code() == absl::StatusCode::kDeadlineExceeded;
  }

  void FollowRedirect(const absl::Status& status) {
    const std::optional<RootRedirect> redirect = RedirectOf(status);
    if (!redirect.has_value() || redirect->addresses.vault.empty()) return;
    // Once: the nodes' word may be old.
    if (!std::exchange(redirected_, true)) waiting_.push_front(redirect->addresses.vault);
  }

  ControlChannels& channels_;
  const Method method_;
  const Request request_;
  Callback callback_;
  std::deque<std::string> waiting_;
  bool redirected_ = false;
};

template <typename Request, typename Response>
void CallVault(ControlChannels& channels,
               rpc::UnaryMethod<Async, Request, Response> method,
               Request request,
               std::type_identity_t<absl::AnyInvocable<void(absl::StatusOr<Response>)>> callback) {
  std::make_shared<VaultCall<Request, Response>>(channels, method, std::move(request),
                                                 std::move(callback))
      ->Next();
}

class GrpcVaultDocuments final : public VaultDocuments {
 public:
  explicit GrpcVaultDocuments(ControlChannels& channels) : channels_(channels) {}

  void Get(const std::string& document, uint64_t revision, OnGot callback) override {
    vault::GetRequest request;
    request.set_name(document);
    request.set_revision(revision);
    request.set_encoding(vault::ENCODING_ZSTD);
    CallVault(
        channels_, &Async::Get, std::move(request),
        [callback = std::move(callback)](absl::StatusOr<vault::GetResponse> response) mutable {
          if (!response.ok()) return callback(response.status());
          callback(PackedContent(*std::move(response)));
        });
  }

  void Put(const Upload& upload, OnPut callback) override {
    CallVault(
        channels_, &Async::Put, EncodePut(upload),
        [callback = std::move(callback)](absl::StatusOr<vault::PutResponse> response) mutable {
          if (!response.ok()) return callback(response.status());
          callback(response->info().revision());
        });
  }

 private:
  ControlChannels& channels_;
};

}  // namespace

std::unique_ptr<VaultDocuments> MakeGrpcVaultDocuments(ControlChannels& channels) {
  return std::make_unique<GrpcVaultDocuments>(channels);
}

}  // namespace understudy::station_agent
