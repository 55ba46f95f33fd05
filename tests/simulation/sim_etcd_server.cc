#include "tests/simulation/sim_etcd_server.h"

#include <any>
#include <utility>

#include "services/config_vault/etcd/upkeep_plan.h"

namespace understudy::simulation {

namespace etcd = config_vault::etcd;

namespace {

constexpr absl::Duration kUpkeepEvery = absl::Seconds(2);
constexpr etcd::UpkeepPolicy kUpkeep = {.kept_revisions = 25};

}  // namespace

// Passes a watch of the key space on, each revision in one to three pieces.
class SimEtcdServer::Watcher final : public etcd::WatchObserver {
 public:
  Watcher(std::weak_ptr<SimStream> stream, Random& random)
      : stream_(std::move(stream)), random_(random) {}

  void OnEvents(const etcd::Header&, etcd::RevisionEvents events) override {
    const size_t piece = events.events.size() / (1 + random_.Below(3)) + 1;
    EtcdWatchMessage message;
    for (etcd::Event& event : events.events) {
      if (message.events.size() == piece) {
        message.continued = true;
        Send(std::exchange(message, {}));
      }
      message.events.push_back(std::move(event));
    }
    Send(std::move(message));
  }
  void OnConnection(const absl::Status&) override {}
  void OnEnd(const absl::Status& status) override { Send({.end = status}); }

 private:
  void Send(EtcdWatchMessage message) {
    if (const auto stream = stream_.lock()) stream->Send({"events", std::move(message)});
  }

  const std::weak_ptr<SimStream> stream_;
  Random& random_;
};

SimEtcdServer::SimEtcdServer(SimWorld& world, SimNode& node, etcd::FakeEtcd& key_space,
                             const Faults& faults)
    : world_(world),
      node_(node),
      key_space_(key_space),
      faults_(faults),
      client_(key_space.NewClient()) {
  node.Listen("etcd", [this](const std::string& from, const SimMessage& message) {
    OnCall(from, std::any_cast<const EtcdCall&>(message.body));
  });
  world.streams().Accept(node, "etcd-watch", [this](const auto& stream) { Accept(stream); });
  Keep();
}

void SimEtcdServer::OnCall(const std::string& from, EtcdCall call) {
  const auto answer = [this, from, number = call.number](auto result) {
    if (!result.ok()) return;
    world_.network().Send(node_, from, "etcd-answer",
                          {"etcd-answer", EtcdReply{number, *std::move(result)}});
  };
  if (auto* query = std::get_if<etcd::RangeQuery>(&call.what)) {
    return client_->Range(std::move(*query), absl::InfiniteDuration(), answer);
  }
  auto& transaction = std::get<etcd::Transaction>(call.what);
  if (faults_.compares_nothing) transaction.conditions.clear();
  client_->Commit(std::move(transaction), absl::InfiniteDuration(), answer);
}

void SimEtcdServer::Accept(const std::shared_ptr<SimStream>& stream) {
  SimStream* const raw = stream.get();
  watches_[raw].stream = stream;
  stream->SetHandlers(
      [this, raw](const SimMessage& message) {
        const auto found = watches_.find(raw);
        if (found == watches_.end()) return;
        const auto from = std::any_cast<EtcdWatchFrom>(message.body);
        found->second.watch = client_->StartWatch(
            etcd::KeyRange::Prefix("understudy/"), from.revision,
            std::make_shared<Watcher>(found->second.stream, node_.random()));
      },
      [this, raw] { watches_.erase(raw); });
}

void SimEtcdServer::Keep() {
  const auto revision = etcd::PlanCompaction(kUpkeep, key_space_.revision(), compacted_);
  if (revision.has_value()) {
    compacted_ = *revision;
    client_->Compact(*revision, absl::InfiniteDuration(), [](const auto&) {});
  }
  node_.executor().RunAt(node_.clock().SteadyNow() + kUpkeepEvery, [this] { Keep(); });
}

}  // namespace understudy::simulation
