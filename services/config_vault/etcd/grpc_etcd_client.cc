#include "services/config_vault/etcd/grpc_etcd_client.h"

#include <algorithm>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "common/random/random.h"
#include "common/rpc/backoff.h"
#include "common/rpc/client_call.h"
#include "common/rpc/grpc_timer.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/etcd_endpoints.h"
#include "services/config_vault/etcd/etcd_errors.h"
#include "services/config_vault/etcd/etcd_messages.h"
#include "services/config_vault/etcd/grpc_etcd_watch.h"

namespace understudy::config_vault::etcd {
namespace {

namespace pb = ::etcdserverpb;

// Counts what is under way, so that the client can wait for it.
class CallCount {
 public:
  void Add() {
    absl::MutexLock lock(&mutex_);
    ++count_;
  }
  void Remove() {
    absl::MutexLock lock(&mutex_);
    --count_;
  }
  void WaitForNone() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* count) { return *count == 0; }, &count_));
  }

 private:
  absl::Mutex mutex_;
  int count_ = 0;
};

// Held by a call for as long as it may touch the client.
class CallHold {
 public:
  explicit CallHold(CallCount& count) : count_(&count) { count_->Add(); }
  CallHold(CallHold&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  CallHold& operator=(CallHold&&) = delete;
  ~CallHold() {
    if (count_ != nullptr) count_->Remove();
  }

 private:
  CallCount* count_;
};

// A read, tried at one endpoint after the other until it is answered or its time is over.
class RangeCall : public std::enable_shared_from_this<RangeCall> {
 public:
  RangeCall(EtcdEndpoints& endpoints, const Clock& clock, absl::Duration attempt_timeout,
            RangeQuery query, absl::Duration timeout, EtcdClient::Callback<RangeResult> done,
            CallHold hold)
      : endpoints_(endpoints),
        clock_(clock),
        attempt_timeout_(attempt_timeout),
        query_(std::move(query)),
        deadline_(clock.SteadyNow() + timeout),
        done_(std::move(done)),
        hold_(std::move(hold)) {}

  void Try() {
    const size_t index = endpoints_.current();
    const absl::Duration left = deadline_ - clock_.SteadyNow();
    rpc::CallUnary(*endpoints_.at(index).kv->async(), &pb::KV::Stub::async::Range,
                   ToMessage(query_), std::min(left, attempt_timeout_),
                   [self = shared_from_this(), index](absl::StatusOr<pb::RangeResponse> response) {
                     self->Answered(index, std::move(response));
                   });
  }

 private:
  void Answered(size_t index, absl::StatusOr<pb::RangeResponse> response) {
    if (response.ok()) return done_(ToResult(*std::move(response)));
    const absl::Status error = FromEtcd(response.status());
    if (!IsOutcomeUnknown(error)) return done_(error);
    endpoints_.Failed(index);
    // Every endpoint once without a pause: the first that failed may be the only one that is gone.
    const absl::Duration pause =
        ++attempts_ < endpoints_.size() ? absl::ZeroDuration() : backoff_.Next(random_);
    if (clock_.SteadyNow() + pause >= deadline_) return done_(error);
    (void)rpc::GrpcTimer::Start(pause, [self = shared_from_this()] { self->Try(); });
  }

  EtcdEndpoints& endpoints_;
  const Clock& clock_;
  const absl::Duration attempt_timeout_;
  const RangeQuery query_;
  const SteadyTime deadline_;
  EtcdClient::Callback<RangeResult> done_;
  const CallHold hold_;
  size_t attempts_ = 0;
  Random random_ = Random::FromEntropy();
  rpc::Backoff backoff_{{.initial = absl::Milliseconds(20), .maximum = absl::Milliseconds(500)}};
};

class GrpcEtcdClient final : public EtcdClient {
 public:
  GrpcEtcdClient(const EtcdOptions& options, std::shared_ptr<EtcdEndpoints> endpoints,
                 const Clock& clock)
      : options_(options), endpoints_(std::move(endpoints)), clock_(clock) {}
  ~GrpcEtcdClient() override { calls_.WaitForNone(); }

  void Range(RangeQuery query, absl::Duration timeout, Callback<RangeResult> done) override {
    std::make_shared<RangeCall>(*endpoints_, clock_, options_.attempt_timeout, std::move(query),
                                timeout, std::move(done), CallHold(calls_))
        ->Try();
  }

  void Commit(Transaction transaction, absl::Duration timeout,
              Callback<TransactionResult> done) override {
    Call<pb::TxnResponse>(*Kv().async(), &pb::KV::Stub::async::Txn,
                          ToMessage(std::move(transaction)), endpoints_->current(), timeout,
                          std::move(done),
                          [](pb::TxnResponse response) { return ToResult(std::move(response)); });
  }

  void Compact(int64_t revision, absl::Duration timeout, Callback<Header> done) override {
    pb::CompactionRequest request;
    request.set_revision(revision);
    Callback<Header> forgiving = [done = std::move(done)](absl::StatusOr<Header> header) mutable {
      const bool gone = ErrorReason(header.status()) == "COMPACTED";
      done(gone ? absl::StatusOr<Header>(Header{}) : std::move(header));
    };
    Call<pb::CompactionResponse>(*Kv().async(), &pb::KV::Stub::async::Compact, std::move(request),
                                 endpoints_->current(), timeout, std::move(forgiving),
                                 HeaderOf<pb::CompactionResponse>);
  }

  std::unique_ptr<Watch> StartWatch(KeyRange keys, int64_t from,
                                    std::shared_ptr<WatchObserver> observer) override {
    return StartGrpcEtcdWatch(endpoints_, options_, std::move(keys), from, std::move(observer));
  }

  size_t endpoint_count() const override { return endpoints_->size(); }

  void Status(size_t endpoint, absl::Duration timeout, Callback<MemberStatus> done) override {
    Call<pb::StatusResponse>(
        *endpoints_->at(endpoint).maintenance->async(), &pb::Maintenance::Stub::async::Status,
        pb::StatusRequest(), endpoint, timeout, std::move(done),
        [address = endpoints_->at(endpoint).address](const pb::StatusResponse& response) {
          return ToStatus(address, response);
        });
  }

  void Defragment(size_t endpoint, absl::Duration timeout, Callback<Header> done) override {
    Call<pb::DefragmentResponse>(*endpoints_->at(endpoint).maintenance->async(),
                                 &pb::Maintenance::Stub::async::Defragment, pb::DefragmentRequest(),
                                 endpoint, timeout, std::move(done),
                                 HeaderOf<pb::DefragmentResponse>);
  }

  void ListAlarms(absl::Duration timeout, Callback<std::vector<MemberAlarm>> done) override {
    const size_t endpoint = endpoints_->current();
    pb::AlarmRequest request;
    request.set_action(pb::AlarmRequest::GET);
    Call<pb::AlarmResponse>(*endpoints_->at(endpoint).maintenance->async(),
                            &pb::Maintenance::Stub::async::Alarm, std::move(request), endpoint,
                            timeout, std::move(done), ToAlarms);
  }

  void DisarmAlarm(MemberAlarm alarm, absl::Duration timeout, Callback<Header> done) override {
    const size_t endpoint = endpoints_->current();
    pb::AlarmRequest request;
    request.set_action(pb::AlarmRequest::DEACTIVATE);
    request.set_memberid(alarm.member_id);
    request.set_alarm(alarm.alarm == Alarm::kCorrupt ? pb::CORRUPT : pb::NOSPACE);
    Call<pb::AlarmResponse>(*endpoints_->at(endpoint).maintenance->async(),
                            &pb::Maintenance::Stub::async::Alarm, std::move(request), endpoint,
                            timeout, std::move(done), HeaderOf<pb::AlarmResponse>);
  }

 private:
  pb::KV::Stub& Kv() { return *endpoints_->at(endpoints_->current()).kv; }

  template <typename Response>
  static Header HeaderOf(const Response& response) {
    return ToHeader(response.header());
  }

  // One attempt at one endpoint.
  template <typename Response, typename Async, typename Request, typename Result, typename Convert>
  void Call(Async& async, rpc::UnaryMethod<Async, Request, Response> method, Request request,
            size_t endpoint, absl::Duration timeout, Callback<Result> done, Convert convert) {
    rpc::CallUnary(async, method, std::move(request), timeout,
                   [this, endpoint, done = std::move(done), convert = std::move(convert),
                    hold = CallHold(calls_)](absl::StatusOr<Response> response) mutable {
                     if (response.ok()) return done(convert(*std::move(response)));
                     const absl::Status error = FromEtcd(response.status());
                     if (IsOutcomeUnknown(error)) endpoints_->Failed(endpoint);
                     done(error);
                   });
  }

  const EtcdOptions options_;
  const std::shared_ptr<EtcdEndpoints> endpoints_;
  const Clock& clock_;
  CallCount calls_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EtcdClient>> NewGrpcEtcdClient(const EtcdOptions& options,
                                                              const Clock& clock) {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::shared_ptr<EtcdEndpoints> endpoints,
                              EtcdEndpoints::Make(options));
  return std::make_unique<GrpcEtcdClient>(options, std::move(endpoints), clock);
}

}  // namespace understudy::config_vault::etcd
