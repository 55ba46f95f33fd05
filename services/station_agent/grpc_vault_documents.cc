#include "services/station_agent/grpc_vault_documents.h"

#include <grpcpp/channel.h>

#include <utility>

#include "common/document/compression.h"
#include "common/document/document_checker.h"
#include "common/rpc/client_call.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::station_agent {
namespace {

namespace vault = config_vault::v1;

constexpr absl::Duration kTimeout = absl::Seconds(10);

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

class GrpcVaultDocuments final : public VaultDocuments {
 public:
  explicit GrpcVaultDocuments(std::shared_ptr<grpc::Channel> channel)
      : stub_(vault::Documents::NewStub(channel)) {}

  void Get(const std::string& document, uint64_t revision, OnGot callback) override {
    vault::GetRequest request;
    request.set_name(document);
    request.set_revision(revision);
    request.set_encoding(vault::ENCODING_ZSTD);
    rpc::CallUnary(
        *stub_->async(), &vault::Documents::Stub::async::Get, std::move(request), kTimeout,
        [callback = std::move(callback)](absl::StatusOr<vault::GetResponse> response) mutable {
          if (!response.ok()) return callback(response.status());
          callback(PackedContent(*std::move(response)));
        });
  }

  void Put(const Upload& upload, OnPut callback) override {
    rpc::CallUnary(
        *stub_->async(), &vault::Documents::Stub::async::Put, EncodePut(upload), kTimeout,
        [callback = std::move(callback)](absl::StatusOr<vault::PutResponse> response) mutable {
          if (!response.ok()) return callback(response.status());
          callback(response->info().revision());
        });
  }

 private:
  const std::unique_ptr<vault::Documents::Stub> stub_;
};

}  // namespace

std::unique_ptr<VaultDocuments> MakeGrpcVaultDocuments(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcVaultDocuments>(std::move(channel));
}

}  // namespace understudy::station_agent
