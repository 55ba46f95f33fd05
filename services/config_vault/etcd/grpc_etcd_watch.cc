#include "services/config_vault/etcd/grpc_etcd_watch.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/random/random.h"
#include "common/rpc/backoff.h"
#include "common/rpc/client_stream.h"
#include "common/rpc/grpc_timer.h"
#include "services/config_vault/etcd/etcd_errors.h"
#include "services/config_vault/etcd/etcd_messages.h"
#include "services/config_vault/etcd/revision_assembler.h"

namespace understudy::config_vault::etcd {
namespace {

namespace pb = ::etcdserverpb;

// A watch across its streams, one at a time. It is kept by the stream or the timer that is under
// way, so that it ends by itself when the last of them does.
class WatchSession : public std::enable_shared_from_this<WatchSession> {
 public:
  WatchSession(std::shared_ptr<EtcdEndpoints> endpoints, const EtcdOptions& options, KeyRange keys,
               int64_t from, std::shared_ptr<WatchObserver> observer)
      : endpoints_(std::move(endpoints)),
        options_(options),
        keys_(std::move(keys)),
        observer_(std::move(observer)),
        assembler_(from) {}

  void Open();
  void Close();

 private:
  using Stream = rpc::ClientStream<pb::WatchRequest, pb::WatchResponse>;

  void OnMessage(pb::WatchResponse message);
  void OnCreated(const Header& header);
  void OnStreamEnd(const absl::Status& status);
  void Check(std::weak_ptr<Stream> stream);
  void ScheduleCheck(std::weak_ptr<Stream> stream);
  bool closed() const {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }

  const std::shared_ptr<EtcdEndpoints> endpoints_;
  const EtcdOptions options_;
  const KeyRange keys_;
  const std::shared_ptr<WatchObserver> observer_;

  // Of the stream's reactions and of the pause between streams, which never overlap.
  RevisionAssembler assembler_;
  size_t endpoint_ = 0;
  uint64_t cluster_id_ = 0;
  absl::Status fatal_;
  Random random_ = Random::FromEntropy();
  rpc::Backoff backoff_{{.initial = absl::Milliseconds(20), .maximum = absl::Seconds(1)}};

  mutable absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Stream> stream_ ABSL_GUARDED_BY(mutex_);
  int unanswered_checks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<rpc::GrpcTimer> pause_ ABSL_GUARDED_BY(mutex_);
};

void WatchSession::Open() {
  endpoint_ = endpoints_->current();
  const auto self = shared_from_this();
  const auto stream = Stream::Start(
      *endpoints_->at(endpoint_).watch->async(), &pb::Watch::Stub::async::Watch,
      {.on_message = [self](pb::WatchResponse message) { self->OnMessage(std::move(message)); },
       .on_done = [self](const absl::Status& status) { self->OnStreamEnd(status); },
       .max_queue = 64,
       .metadata = {{"hasleader", "true"}}});
  bool closed = false;
  {
    absl::MutexLock lock(&mutex_);
    closed = closed_;
    stream_ = stream;
    unanswered_checks_ = 0;
  }
  if (closed) return stream->Cancel();
  stream->Send(ToWatch(keys_, assembler_.next()));
  ScheduleCheck(stream);
}

void WatchSession::Close() {
  std::shared_ptr<Stream> stream;
  std::shared_ptr<rpc::GrpcTimer> pause;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    stream = stream_;
    pause = pause_;
  }
  if (stream != nullptr) stream->Cancel();
  if (pause != nullptr) pause->Cancel();
}

void WatchSession::OnCreated(const Header& header) {
  if (cluster_id_ == 0) cluster_id_ = header.cluster_id;
  if (cluster_id_ != header.cluster_id) {
    fatal_ = ClusterChanged(cluster_id_, header.cluster_id);
    return;
  }
  if (assembler_.next() == 0) assembler_.set_next(header.revision + 1);
  backoff_.Reset();
  observer_->OnConnection(absl::OkStatus());
}

void WatchSession::OnMessage(pb::WatchResponse message) {
  {
    absl::MutexLock lock(&mutex_);
    unanswered_checks_ = 0;
    if (closed_) return;
  }
  if (!fatal_.ok()) return;
  const Header header = ToHeader(message.header());
  if (message.compact_revision() != 0) fatal_ = Compacted(message.compact_revision());
  if (message.created() && fatal_.ok()) OnCreated(header);
  if (message.canceled() || !fatal_.ok()) {
    absl::MutexLock lock(&mutex_);
    if (stream_ != nullptr) stream_->Cancel();
    return;
  }
  for (mvccpb::Event& event : *message.mutable_events()) {
    assembler_.Add(ToEvent(std::move(event)));
  }
  for (RevisionEvents& events : assembler_.EndMessage(message.fragment())) {
    observer_->OnEvents(header, std::move(events));
  }
}

void WatchSession::OnStreamEnd(const absl::Status& status) {
  bool over = !fatal_.ok();
  {
    absl::MutexLock lock(&mutex_);
    stream_ = nullptr;
    over = over || closed_;
  }
  if (over) {
    return observer_->OnEnd(fatal_.ok() ? absl::CancelledError("the watch was ended") : fatal_);
  }
  assembler_.Restart();
  endpoints_->Failed(endpoint_);
  observer_->OnConnection(FromEtcd(status.ok() ? absl::UnavailableError("ended") : status));
  const auto pause = rpc::GrpcTimer::Start(backoff_.Next(random_), [self = shared_from_this()] {
    if (self->closed()) return self->observer_->OnEnd(absl::CancelledError("the watch was ended"));
    self->Open();
  });
  bool closed = false;
  {
    absl::MutexLock lock(&mutex_);
    closed = closed_;
    pause_ = pause;
  }
  if (closed) pause->Cancel();
}

void WatchSession::ScheduleCheck(std::weak_ptr<Stream> stream) {
  (void)rpc::GrpcTimer::Start(options_.watch_check_interval,
                         [session = weak_from_this(), stream = std::move(stream)] {
                           if (const auto self = session.lock()) self->Check(stream);
                         });
}

void WatchSession::Check(std::weak_ptr<Stream> weak) {
  const std::shared_ptr<Stream> stream = weak.lock();
  if (stream == nullptr || !stream->is_open()) return;
  bool is_silent = false;
  {
    absl::MutexLock lock(&mutex_);
    is_silent = unanswered_checks_++ >= options_.watch_missed_checks;
  }
  if (is_silent) return stream->Cancel();
  pb::WatchRequest request;
  request.mutable_progress_request();
  stream->Send(std::move(request));
  ScheduleCheck(weak);
}

class GrpcEtcdWatch final : public EtcdClient::Watch {
 public:
  explicit GrpcEtcdWatch(std::shared_ptr<WatchSession> session) : session_(std::move(session)) {
    session_->Open();
  }
  ~GrpcEtcdWatch() override { session_->Close(); }

 private:
  const std::shared_ptr<WatchSession> session_;
};

}  // namespace

std::unique_ptr<EtcdClient::Watch> StartGrpcEtcdWatch(std::shared_ptr<EtcdEndpoints> endpoints,
                                                      const EtcdOptions& options, KeyRange keys,
                                                      int64_t from,
                                                      std::shared_ptr<WatchObserver> observer) {
  return std::make_unique<GrpcEtcdWatch>(std::make_shared<WatchSession>(
      std::move(endpoints), options, std::move(keys), from, std::move(observer)));
}

}  // namespace understudy::config_vault::etcd
