#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENTS_SERVICE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENTS_SERVICE_H_

#include <atomic>
#include <cstddef>

#include "common/rpc/stream_group.h"
#include "services/config_vault/document_watcher.h"
#include "services/config_vault/read_session.h"
#include "services/config_vault/vault_context.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::config_vault {

struct DocumentsOptions {
  // Watch calls at a time; more are refused with RESOURCE_EXHAUSTED TOO_MANY_WATCHERS.
  size_t max_watchers = 1024;
  // Read calls at a time; more are refused with RESOURCE_EXHAUSTED TOO_MANY_READERS.
  size_t max_readers = 1024;
  WatcherOptions watcher;
  ReadSessionLimits read_session;
};

// The Documents service over gRPC: checks requests, passes them on, encodes the answers. Handlers
// check and read what is small; larger documents, and reads that may wait for the disk, they leave
// to the pool. Deciding happens on the engine's thread.
class DocumentsService final : public v1::Documents::CallbackService {
 public:
  // `vault` and `streams` must outlive the service.
  DocumentsService(const VaultContext& vault, const DocumentsOptions& options,
                   rpc::StreamGroup& streams);

  grpc::ServerUnaryReactor* Put(grpc::CallbackServerContext* context, const v1::PutRequest* request,
                                v1::PutResponse* response) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const v1::GetRequest* request,
                                v1::GetResponse* response) override;
  grpc::ServerBidiReactor<v1::ReadRequest, v1::ReadResponse>* Read(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const v1::ListRequest* request,
                                 v1::ListResponse* response) override;
  grpc::ServerUnaryReactor* History(grpc::CallbackServerContext* context,
                                    const v1::HistoryRequest* request,
                                    v1::HistoryResponse* response) override;
  grpc::ServerUnaryReactor* Diff(grpc::CallbackServerContext* context,
                                 const v1::DiffRequest* request,
                                 v1::DiffResponse* response) override;
  grpc::ServerUnaryReactor* Rollback(grpc::CallbackServerContext* context,
                                     const v1::RollbackRequest* request,
                                     v1::RollbackResponse* response) override;
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const v1::DeleteRequest* request,
                                   v1::DeleteResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                     const v1::WatchRequest* request) override;

 private:
  class StreamSink;
  class ReadStreamSink;

  absl::Status AdmitWatcher(const v1::WatchRequest& request);

  const VaultContext& vault_;
  const DocumentsOptions options_;
  rpc::StreamGroup& streams_;
  std::atomic<size_t> watchers_ = 0;
  std::atomic<size_t> readers_ = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENTS_SERVICE_H_
