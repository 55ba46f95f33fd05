#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_TESTING_FAKE_SERVICES_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_TESTING_FAKE_SERVICES_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/server_session.h"
#include "common/rpc/unary.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"
#include "understudy/failover_orchestrator/v1/station_orders.grpc.pb.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::station_agent {

// A list that a test waits on. Thread-safe.
template <typename Item>
class Inbox {
 public:
  void Add(Item item) {
    absl::MutexLock lock(&mutex_);
    items_.push_back(std::move(item));
  }
  // The next item; a default one when none comes within a minute.
  Item Take() {
    absl::MutexLock lock(&mutex_);
    const auto holds = [this] { return !items_.empty(); };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&holds), absl::Minutes(1))) return Item();
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  bool empty() const {
    absl::MutexLock lock(&mutex_);
    return items_.empty();
  }

 private:
  mutable absl::Mutex mutex_;
  std::deque<Item> items_ ABSL_GUARDED_BY(mutex_);
};

// A membership that answers as it is told.
class FakeMembershipService final : public membership::v1::Membership::CallbackService {
 public:
  using Session =
      rpc::ServerSession<membership::v1::StationMessage, membership::v1::MembershipMessage>;
  using LeaveReply = rpc::UnaryReply<membership::v1::LeaveResponse>;

  grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context,
                                 const membership::v1::JoinRequest* request,
                                 membership::v1::JoinResponse* response) override {
    joins.Add(*request);
    rpc::UnaryReply<membership::v1::JoinResponse> reply(context, response, "test");
    grpc::ServerUnaryReactor* reactor = reply.reactor();
    if (fail_joins-- > 0) {
      reply.Fail(absl::UnavailableError("not yet"));
    } else {
      absl::MutexLock lock(&mutex_);
      reply.Finish(join_answer_.has_value() ? *join_answer_ : join_response);
    }
    return reactor;
  }
  grpc::ServerUnaryReactor* Leave(grpc::CallbackServerContext* context,
                                  const membership::v1::LeaveRequest* request,
                                  membership::v1::LeaveResponse* response) override {
    leaves.Add(*request);
    rpc::UnaryReply<membership::v1::LeaveResponse> reply(context, response, "test");
    grpc::ServerUnaryReactor* reactor = reply.reactor();
    if (hold_leaves) {
      held_leaves.Add(std::make_shared<LeaveReply>(std::move(reply)));
    } else {
      reply.Finish(membership::v1::LeaveResponse());
    }
    return reactor;
  }
  grpc::ServerBidiReactor<membership::v1::StationMessage, membership::v1::MembershipMessage>*
  Converse(grpc::CallbackServerContext*) override {
    auto session = Session::Make(
        [this](const std::shared_ptr<Session>& from, membership::v1::StationMessage message) {
          messages.Add({from, std::move(message)});
        },
        {.domain = "test", .max_queue = 16, .on_done = nullptr, .group = nullptr});
    return session.get();
  }

  // From now on, in place of `join_response`.
  void SetJoinAnswer(absl::StatusOr<membership::v1::JoinResponse> answer) {
    absl::MutexLock lock(&mutex_);
    join_answer_ = std::move(answer);
  }

  // Before the server starts.
  membership::v1::JoinResponse join_response;
  std::atomic<int> fail_joins = 0;
  // Leave is answered when the test does it.
  std::atomic<bool> hold_leaves = false;

  Inbox<membership::v1::JoinRequest> joins;
  Inbox<membership::v1::LeaveRequest> leaves;
  Inbox<std::shared_ptr<LeaveReply>> held_leaves;
  Inbox<std::pair<std::shared_ptr<Session>, membership::v1::StationMessage>> messages;

 private:
  absl::Mutex mutex_;
  std::optional<absl::StatusOr<membership::v1::JoinResponse>> join_answer_
      ABSL_GUARDED_BY(mutex_);
};

// An orchestrator's stream of orders.
class FakeOrdersService final : public failover_orchestrator::v1::StationOrders::CallbackService {
 public:
  using Session = rpc::ServerSession<failover_orchestrator::v1::StationReply,
                                     failover_orchestrator::v1::StationOrder>;

  grpc::ServerBidiReactor<failover_orchestrator::v1::StationReply,
                          failover_orchestrator::v1::StationOrder>*
  Attend(grpc::CallbackServerContext*) override {
    auto session = Session::Make(
        [this](const std::shared_ptr<Session>& from,
               failover_orchestrator::v1::StationReply reply) {
          replies.Add({from, std::move(reply)});
        },
        {.domain = "test", .max_queue = 16, .on_done = nullptr, .group = nullptr});
    return session.get();
  }

  Inbox<std::pair<std::shared_ptr<Session>, failover_orchestrator::v1::StationReply>> replies;
};

// A vault with one answer for each call.
class FakeDocumentsService final : public config_vault::v1::Documents::CallbackService {
 public:
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context,
                                const config_vault::v1::GetRequest* request,
                                config_vault::v1::GetResponse* response) override {
    gets.Add(*request);
    rpc::UnaryReply<config_vault::v1::GetResponse> reply(context, response, "test");
    grpc::ServerUnaryReactor* reactor = reply.reactor();
    reply.Finish(get);
    return reactor;
  }
  grpc::ServerUnaryReactor* Put(grpc::CallbackServerContext* context,
                                const config_vault::v1::PutRequest* request,
                                config_vault::v1::PutResponse* response) override {
    puts.Add(*request);
    rpc::UnaryReply<config_vault::v1::PutResponse> reply(context, response, "test");
    grpc::ServerUnaryReactor* reactor = reply.reactor();
    reply.Finish(put);
    return reactor;
  }

  // Before the server starts.
  absl::StatusOr<config_vault::v1::GetResponse> get = config_vault::v1::GetResponse();
  absl::StatusOr<config_vault::v1::PutResponse> put = config_vault::v1::PutResponse();

  Inbox<config_vault::v1::GetRequest> gets;
  Inbox<config_vault::v1::PutRequest> puts;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_TESTING_FAKE_SERVICES_H_
