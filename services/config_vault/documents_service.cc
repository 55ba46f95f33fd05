#include "services/config_vault/documents_service.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/server_session.h"
#include "common/rpc/server_stream.h"
#include "common/status/status.h"
#include "services/config_vault/document_reads.h"
#include "services/config_vault/document_requests.h"
#include "services/config_vault/proto_fields.h"
#include "services/config_vault/read_session.h"
#include "services/config_vault/vault_calls.h"

namespace understudy::config_vault {
namespace {

// Documents of up to this size are checked on gRPC's thread: that takes no longer than to wake
// another one.
constexpr size_t kCheckedAtOnce = 64 * 1024;

using WatchStream = rpc::ServerStream<v1::WatchResponse>;
using ReadStream = rpc::ServerSession<v1::ReadRequest, v1::ReadResponse>;

void EncodePut(Outcome& outcome, v1::PutResponse& response, CallResult& result) {
  const auto& document = std::get<DocumentOutcome>(outcome.result);
  fields::ToProto(document.info, *response.mutable_info());
  response.set_unchanged(document.unchanged);
  if (document.unchanged) result = CallResult::kUnchanged;
}

// Rollback and Delete.
template <typename Response>
void EncodeInfo(Outcome& outcome, Response& response, CallResult&) {
  fields::ToProto(std::get<DocumentOutcome>(outcome.result).info, *response.mutable_info());
}

}  // namespace

// A watcher's way out. The stream keeps the sink, which must not keep the stream.
class DocumentsService::StreamSink final : public WatchSink {
 public:
  explicit StreamSink(const VaultMetrics& metrics) : metrics_(metrics) {}

  void Attach(const std::shared_ptr<WatchStream>& stream) { stream_ = stream; }

  bool Send(v1::WatchResponse response) override {
    const std::shared_ptr<WatchStream> stream = stream_.lock();
    return stream != nullptr && stream->Send(std::move(response));
  }
  size_t queue_length() const override {
    const std::shared_ptr<WatchStream> stream = stream_.lock();
    return stream == nullptr ? 0 : stream->queue_length();
  }
  void Finish(const absl::Status& status) override {
    const std::shared_ptr<WatchStream> stream = stream_.lock();
    if (stream == nullptr || !stream->is_open()) return;
    if (ErrorReason(status) == "WATCH_TOO_SLOW") metrics_.watchers_too_slow.Add();
    stream->Finish(status);
  }

 private:
  const VaultMetrics& metrics_;
  std::weak_ptr<WatchStream> stream_;
};

// A reader's way out: the stream's, which keeps the session, which keeps the sink.
class DocumentsService::ReadStreamSink final : public ReadSink {
 public:
  void Attach(const std::shared_ptr<ReadStream>& stream) { stream_ = stream; }

  void Send(v1::ReadResponse response) override {
    if (const auto stream = stream_.lock()) stream->Send(std::move(response));
  }
  void ReadNext() override {
    if (const auto stream = stream_.lock()) stream->ReadNext();
  }
  void Finish(const absl::Status& status) override {
    if (const auto stream = stream_.lock()) stream->Finish(status);
  }

 private:
  std::weak_ptr<ReadStream> stream_;
};

DocumentsService::DocumentsService(const VaultContext& vault, const DocumentsOptions& options,
                                   rpc::StreamGroup& streams)
    : vault_(vault), options_(options), streams_(streams) {}

grpc::ServerUnaryReactor* DocumentsService::Put(grpc::CallbackServerContext* context,
                                                const v1::PutRequest* request,
                                                v1::PutResponse* response) {
  rpc::UnaryReply<v1::PutResponse> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  const size_t bytes = request->content().size();
  if (const absl::Status admitted = vault_.pool.Admit(bytes); !admitted.ok()) {
    Answer<v1::PutResponse>(vault_.metrics, Operation::kPut, reply, admitted);
    return reactor;
  }
  // The request lives until the call is answered.
  auto put = [this, request, reply = std::move(reply)]() mutable {
    AnswerWrite(vault_, Operation::kPut, std::move(reply),
                CheckPut(*request, vault_.clock.WallNow()), EncodePut);
  };
  if (ContentSize(*request) <= kCheckedAtOnce) {
    put();
  } else {
    vault_.pool.Post(std::move(put), bytes);
  }
  return reactor;
}

grpc::ServerUnaryReactor* DocumentsService::Get(grpc::CallbackServerContext* context,
                                                const v1::GetRequest* request,
                                                v1::GetResponse* response) {
  rpc::UnaryReply<v1::GetResponse> reply(context, response, kErrorDomain);
  const auto read = [request](const VaultReader& reader) { return ReadDocument(reader, *request); };
  const absl::Status admitted = vault_.pool.Admit(0);
  if (request->revision() == 0 || !admitted.ok()) {
    const bool is_packed = request->encoding() == v1::ENCODING_ZSTD;
    return AnswerRead(vault_, Operation::kGet, *request, std::move(reply), read,
                      is_packed ? ReadCost::kLow : ReadCost::kAny);
  }
  // A revision never changes: where it is here, nobody else need be asked.
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  vault_.pool.Post([this, request, read, reply = std::move(reply)]() mutable {
    absl::StatusOr<v1::GetResponse> found = read(*vault_.store.Snapshot());
    if (found.status().code() == absl::StatusCode::kNotFound) {
      AnswerRead(vault_, Operation::kGet, *request, std::move(reply), read);
    } else {
      Answer<v1::GetResponse>(vault_.metrics, Operation::kGet, reply, std::move(found));
    }
  });
  return reactor;
}

grpc::ServerBidiReactor<v1::ReadRequest, v1::ReadResponse>* DocumentsService::Read(
    grpc::CallbackServerContext* context) {
  auto sink = std::make_shared<ReadStreamSink>();
  auto session = std::make_shared<ReadSession>(
      ReadSession::Vault{vault_.store, vault_.reads, vault_.pool, vault_.metrics, kErrorDomain},
      options_.read_session, sink);
  const bool has_room = ++readers_ <= options_.max_readers;
  const auto stream = ReadStream::Make(
      [session](const std::shared_ptr<ReadStream>&, v1::ReadRequest request) {
        session->OnRequest(std::move(request));
      },
      {.domain = kErrorDomain,
       .on_done = [this](const absl::Status&) { --readers_; },
       .group = &streams_,
       .on_drained = [session] { session->OnSent(); },
       .read_on_demand = true,
       .on_half_close = [session] { session->OnHalfClose(); },
       .context = context});
  // Nothing comes before the stream has been returned.
  sink->Attach(stream);
  if (!has_room) {
    stream->Finish(MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_READERS",
                             absl::StrCat(options_.max_readers, " reads are open already")));
  }
  return stream.get();
}

grpc::ServerUnaryReactor* DocumentsService::List(grpc::CallbackServerContext* context,
                                                 const v1::ListRequest* request,
                                                 v1::ListResponse* response) {
  return AnswerRead(
      vault_, Operation::kList, *request,
      rpc::UnaryReply<v1::ListResponse>(context, response, kErrorDomain),
      [request](const VaultReader& reader) { return ListDocuments(reader, *request); });
}

grpc::ServerUnaryReactor* DocumentsService::History(grpc::CallbackServerContext* context,
                                                    const v1::HistoryRequest* request,
                                                    v1::HistoryResponse* response) {
  return AnswerRead(vault_, Operation::kHistory, *request,
                    rpc::UnaryReply<v1::HistoryResponse>(context, response, kErrorDomain),
                    [request](const VaultReader& reader) { return ReadHistory(reader, *request); });
}

grpc::ServerUnaryReactor* DocumentsService::Diff(grpc::CallbackServerContext* context,
                                                 const v1::DiffRequest* request,
                                                 v1::DiffResponse* response) {
  return AnswerRead(
      vault_, Operation::kDiff, *request,
      rpc::UnaryReply<v1::DiffResponse>(context, response, kErrorDomain),
      [request](const VaultReader& reader) { return DiffRevisions(reader, *request); });
}

grpc::ServerUnaryReactor* DocumentsService::Rollback(grpc::CallbackServerContext* context,
                                                     const v1::RollbackRequest* request,
                                                     v1::RollbackResponse* response) {
  rpc::UnaryReply<v1::RollbackResponse> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  AnswerWrite(vault_, Operation::kRollback, std::move(reply),
              CheckRollback(*request, vault_.clock.WallNow()), EncodeInfo<v1::RollbackResponse>);
  return reactor;
}

grpc::ServerUnaryReactor* DocumentsService::Delete(grpc::CallbackServerContext* context,
                                                   const v1::DeleteRequest* request,
                                                   v1::DeleteResponse* response) {
  rpc::UnaryReply<v1::DeleteResponse> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  AnswerWrite(vault_, Operation::kDelete, std::move(reply),
              CheckDelete(*request, vault_.clock.WallNow()), EncodeInfo<v1::DeleteResponse>);
  return reactor;
}

absl::Status DocumentsService::AdmitWatcher(const v1::WatchRequest& request) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckPrefix(request.prefix()));
  if (watchers_ <= options_.max_watchers) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHERS",
                   absl::StrCat(options_.max_watchers, " watches are open already"));
}

grpc::ServerWriteReactor<v1::WatchResponse>* DocumentsService::Watch(
    grpc::CallbackServerContext* context, const v1::WatchRequest* request) {
  auto sink = std::make_shared<StreamSink>(vault_.metrics);
  auto watcher = std::make_shared<DocumentWatcher>(
      DocumentWatcher::Vault{vault_.store, vault_.feed, vault_.pool, vault_.clock},
      options_.watcher, *request, sink);
  vault_.metrics.watchers.Set(static_cast<double>(++watchers_));
  // Set below: the stream cannot be done before it has been returned.
  const auto subscription = std::make_shared<ChangeFeed::SubscriberId>(0);
  const auto stream =
      WatchStream::Make({.domain = kErrorDomain,
                         .max_queue = 2 * options_.watcher.high_water,
                         .on_done =
                             [this, subscription](const absl::Status&) {
                               vault_.feed.Unsubscribe(*subscription);
                               vault_.metrics.watchers.Set(static_cast<double>(--watchers_));
                             },
                         .group = &streams_,
                         .on_drained = [watcher] { watcher->Wake(); }});
  sink->Attach(stream);
  *subscription = vault_.feed.Subscribe([watcher] { watcher->Wake(); });
  if (const absl::Status admitted = AdmitWatcher(*request); !admitted.ok()) {
    stream->Finish(admitted);
  } else {
    watcher->Wake();
  }
  return stream.get();
}

}  // namespace understudy::config_vault
