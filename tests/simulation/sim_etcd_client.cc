#include "tests/simulation/sim_etcd_client.h"

#include <any>
#include <utility>
#include <variant>

namespace understudy::simulation {

namespace etcd = config_vault::etcd;

namespace {

constexpr absl::Duration kReconnect = absl::Milliseconds(30);

}  // namespace

SimEtcdClient::SimEtcdClient(SimWorld& world, SimNode& node) : world_(world), node_(node) {
  // A connection of its own: a late answer to what ran here before must not be taken for ours.
  last_number_ = node.random().Next();
  node.Listen("etcd-answer", [this](const std::string&, const SimMessage& message) {
    const auto& reply = std::any_cast<const EtcdReply&>(message.body);
    Settle(reply.number, &reply);
  });
}

template <typename Result, typename What>
void SimEtcdClient::Ask(const What& what, absl::Duration timeout, Done<Result> done) {
  const uint64_t number = ++last_number_;
  waiting_.emplace(number, [done = std::move(done)](const EtcdReply* reply) {
    if (reply == nullptr) return done(absl::UnavailableError("etcd does not answer"));
    done(std::get<Result>(reply->result));
  });
  world_.network().Send(node_, "etcd", "etcd", {"etcd-call", EtcdCall{number, what}});
  node_.executor().RunAt(node_.clock().SteadyNow() + timeout,
                         [this, number] { Settle(number, nullptr); });
}

// A repeated answer finds nobody.
void SimEtcdClient::Settle(uint64_t number, const EtcdReply* reply) {
  auto found = waiting_.extract(number);
  if (!found.empty()) found.mapped()(reply);
}

void SimEtcdClient::Range(const etcd::RangeQuery& query, absl::Duration timeout,
                          Done<etcd::RangeResult> done) {
  Ask(query, timeout, std::move(done));
}

void SimEtcdClient::Commit(const etcd::Transaction& transaction, absl::Duration timeout,
                           Done<etcd::TransactionResult> done) {
  Ask(transaction, timeout, std::move(done));
}

void SimEtcdClient::Watch(int64_t revision, OnEvents on_events, OnEnd on_end) {
  if (stream_ != nullptr) stream_->Close();
  ++watch_;
  assembler_.emplace(revision);
  on_events_ = std::move(on_events);
  on_end_ = std::move(on_end);
  Connect();
}

void SimEtcdClient::Connect() {
  assembler_->Restart();
  stream_ = world_.streams().Connect(node_, "etcd", "etcd-watch");
  stream_->SetHandlers(
      [this, watch = watch_](const SimMessage& message) {
        if (watch == watch_) OnMessage(std::any_cast<const EtcdWatchMessage&>(message.body));
      },
      [this, watch = watch_] {
        if (watch != watch_) return;
        stream_ = nullptr;
        node_.executor().RunAt(node_.clock().SteadyNow() + kReconnect, [this, watch] {
          if (watch == watch_ && stream_ == nullptr) Connect();
        });
      });
  stream_->Send({"watch", EtcdWatchFrom{assembler_->next()}});
}

void SimEtcdClient::OnMessage(const EtcdWatchMessage& message) {
  const uint64_t watch = watch_;
  if (!message.end.ok()) {
    ++watch_;
    return on_end_(message.end);
  }
  for (const etcd::Event& event : message.events) assembler_->Add(event);
  for (const auto& events : assembler_->EndMessage(message.continued)) {
    if (watch == watch_) on_events_(events);
  }
}

}  // namespace understudy::simulation
