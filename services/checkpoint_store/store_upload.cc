#include "services/checkpoint_store/store_upload.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "services/checkpoint_store/grpc_caller.h"

namespace understudy::checkpoint_store {
namespace {

using Operation = StoreMetrics::Operation;

absl::Status Invalid(const char* reason, const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason, message);
}

class StoreUpload final : public grpc::ServerReadReactor<v1::StoreStreamRequest> {
 public:
  StoreUpload(CheckpointCalls& calls, CallOrigin origin, size_t max_bytes,
              v1::StoreResponse* response)
      : calls_(calls), origin_(std::move(origin)), max_bytes_(max_bytes), response_(response) {
    const absl::Status admitted = calls_.Admit(origin_.source);
    admitted.ok() ? StartRead(&message_) : Refuse(admitted);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Store();
    const absl::Status taken = Take();
    if (!taken.ok()) return Refuse(taken);
    StartRead(&message_);
  }
  // What was read of a cancelled call is not stored: its end is not known.
  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  void OnDone() override { delete this; }

 private:
  absl::Status Take() {
    if (message_.has_header() == header_.has_value()) {
      return Invalid("BAD_STREAM", "the first message must be the header, and only the first");
    }
    if (message_.has_header()) {
      header_ = std::move(*message_.mutable_header());
      return absl::OkStatus();
    }
    content_ += message_.content();
    if (content_.size() <= max_bytes_) return absl::OkStatus();
    return MakeError(absl::StatusCode::kInvalidArgument, "CHECKPOINT_TOO_LARGE",
                     absl::StrCat("a checkpoint has at most ", max_bytes_, " bytes"),
                     {{"limit_bytes", absl::StrCat(max_bytes_)}});
  }

  void Store() {
    bool cancelled = false;
    {
      absl::MutexLock lock(&mutex_);
      cancelled = cancelled_;
    }
    if (cancelled) return End(absl::CancelledError("the caller went away"));
    if (!header_.has_value()) return Refuse(Invalid("BAD_STREAM", "there was no header"));
    auto store = DecodeStore(*header_, std::move(content_), origin_);
    if (!store.ok()) return Refuse(store.status());
    calls_.Store(*std::move(store), [this](absl::StatusOr<StoreOutcome> outcome) {
      if (!outcome.ok()) return End(outcome.status());
      *response_ = EncodeStore(*outcome);
      Finish(grpc::Status::OK);
    });
  }

  void Refuse(const absl::Status& status) {
    calls_.Account(origin_.source, Operation::kStore, status);
    End(status);
  }
  void End(const absl::Status& status) { Finish(ToGrpcStatus(status, kErrorDomain)); }

  CheckpointCalls& calls_;
  const CallOrigin origin_;
  const size_t max_bytes_;
  v1::StoreResponse* const response_;
  v1::StoreStreamRequest message_;
  std::optional<v1::StoreHeader> header_;
  std::string content_;
  absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

grpc::ServerReadReactor<v1::StoreStreamRequest>* StartStoreUpload(CheckpointCalls& calls,
                                                                  CallOrigin origin,
                                                                  size_t max_bytes,
                                                                  v1::StoreResponse* response) {
  return new StoreUpload(calls, std::move(origin), max_bytes, response);
}

}  // namespace understudy::checkpoint_store
