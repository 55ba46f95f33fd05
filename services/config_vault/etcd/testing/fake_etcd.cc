#include "services/config_vault/etcd/testing/fake_etcd.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "services/config_vault/etcd/etcd_errors.h"

namespace understudy::config_vault::etcd {
namespace {

absl::Status Unreachable() { return FromEtcd(absl::UnavailableError("the fake is cut off")); }

}  // namespace

struct FakeEtcd::FakeWatch {
  KeyRange keys;
  int64_t next = 0;
  std::shared_ptr<WatchObserver> observer;
  const FakeClient* client = nullptr;
  bool over = false;
};

class FakeEtcd::FakeClient final : public FakeEtcd::Client {
 public:
  explicit FakeClient(FakeEtcd& etcd) : etcd_(etcd) {}

  void SetReachable(bool reachable) override {
    {
      absl::MutexLock lock(&etcd_.mutex_);
      reachable_ = reachable;
      for (const std::shared_ptr<FakeWatch>& watch : etcd_.watches_) {
        if (watch->client != this || watch->over) continue;
        etcd_.deliveries_.push_back([watch, reachable] {
          watch->observer->OnConnection(reachable ? absl::OkStatus() : Unreachable());
        });
      }
      etcd_.Feed();
    }
    etcd_.Deliver();
  }
  void FailNextCommit(Fate fate) override {
    absl::MutexLock lock(&etcd_.mutex_);
    fates_.push_back(fate);
  }
  void RefuseCommits(absl::Status error) override {
    absl::MutexLock lock(&etcd_.mutex_);
    refusal_ = std::move(error);
  }
  bool reachable() const ABSL_NO_THREAD_SAFETY_ANALYSIS { return reachable_; }

  void Range(RangeQuery query, absl::Duration, Callback<RangeResult> done) override {
    done(IsCutOff() ? Unreachable() : etcd_.Read(query));
  }
  void Commit(Transaction transaction, absl::Duration, Callback<TransactionResult> done) override {
    std::optional<Fate> fate;
    absl::Status refusal;
    {
      absl::MutexLock lock(&etcd_.mutex_);
      refusal = reachable_ ? refusal_ : Unreachable();
      if (refusal.ok() && !fates_.empty()) {
        fate = fates_.front();
        fates_.pop_front();
      }
    }
    if (!refusal.ok()) return done(refusal);
    if (fate == Fate::kDidNotHappen) return done(Unreachable());
    TransactionResult result = etcd_.Do(std::move(transaction));
    if (fate == Fate::kHappened) return done(Unreachable());
    done(std::move(result));
  }
  void Compact(int64_t revision, absl::Duration, Callback<Header> done) override {
    if (IsCutOff()) return done(Unreachable());
    if (absl::Status status = etcd_.Forget(revision); !status.ok()) return done(status);
    absl::MutexLock lock(&etcd_.mutex_);
    done(etcd_.HeaderNow());
  }

  std::unique_ptr<Watch> StartWatch(KeyRange keys, int64_t from,
                                    std::shared_ptr<WatchObserver> observer) override;

  size_t endpoint_count() const override { return 1; }
  void Status(size_t, absl::Duration, Callback<MemberStatus> done) override {
    if (IsCutOff()) return done(Unreachable());
    absl::MutexLock lock(&etcd_.mutex_);
    done(MemberStatus{.endpoint = "fake",
                      .header = etcd_.HeaderNow(),
                      .version = "3.4.0",
                      .file_bytes = 4096,
                      .used_bytes = 4096,
                      .leader_id = 1});
  }
  void Defragment(size_t, absl::Duration, Callback<Header> done) override {
    if (IsCutOff()) return done(Unreachable());
    absl::MutexLock lock(&etcd_.mutex_);
    done(etcd_.HeaderNow());
  }
  void ListAlarms(absl::Duration, Callback<std::vector<MemberAlarm>> done) override {
    if (IsCutOff()) return done(Unreachable());
    done(std::vector<MemberAlarm>());
  }
  void DisarmAlarm(MemberAlarm, absl::Duration timeout, Callback<Header> done) override {
    Defragment(0, timeout, std::move(done));
  }

 private:
  bool IsCutOff() const {
    absl::MutexLock lock(&etcd_.mutex_);
    return !reachable_;
  }

  FakeEtcd& etcd_;
  // Guarded by etcd_.mutex_.
  bool reachable_ = true;
  std::deque<Fate> fates_;
  absl::Status refusal_;
};

std::unique_ptr<EtcdClient::Watch> FakeEtcd::FakeClient::StartWatch(
    KeyRange keys, int64_t from, std::shared_ptr<WatchObserver> observer) {
  class Handle final : public Watch {
   public:
    Handle(FakeEtcd& etcd, std::shared_ptr<FakeWatch> watch)
        : etcd_(etcd), watch_(std::move(watch)) {}
    ~Handle() override {
      {
        absl::MutexLock lock(&etcd_.mutex_);
        etcd_.End(watch_, absl::CancelledError("the watch was ended"));
      }
      etcd_.Deliver();
    }

   private:
    FakeEtcd& etcd_;
    const std::shared_ptr<FakeWatch> watch_;
  };
  auto watch = std::make_shared<FakeWatch>();
  {
    absl::MutexLock lock(&etcd_.mutex_);
    *watch = {.keys = std::move(keys),
              .next = from == 0 ? etcd_.revision_ + 1 : from,
              .observer = std::move(observer),
              .client = this};
    etcd_.watches_.push_back(watch);
    if (reachable_) {
      etcd_.deliveries_.push_back([watch] { watch->observer->OnConnection(absl::OkStatus()); });
    }
    etcd_.FeedOne(watch);
  }
  etcd_.Deliver();
  return std::make_unique<Handle>(etcd_, std::move(watch));
}

std::unique_ptr<FakeEtcd::Client> FakeEtcd::NewClient() {
  return std::make_unique<FakeClient>(*this);
}

void FakeEtcd::LoseEverything() {
  {
    absl::MutexLock lock(&mutex_);
    revision_ = 1;
    compacted_ = 0;
    state_.clear();
    history_.clear();
    for (const std::shared_ptr<FakeWatch>& watch : watches_) {
      if (watch->over || !watch->client->reachable()) continue;
      deliveries_.push_back([watch] {
        watch->observer->OnConnection(Unreachable());
        watch->observer->OnConnection(absl::OkStatus());
      });
    }
  }
  Deliver();
}

int64_t FakeEtcd::revision() const {
  absl::MutexLock lock(&mutex_);
  return revision_;
}

int64_t FakeEtcd::commits() const {
  absl::MutexLock lock(&mutex_);
  return commits_;
}

std::map<std::string, KeyValue> FakeEtcd::Contents() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

Header FakeEtcd::HeaderNow() const {
  return {.cluster_id = cluster_id_, .member_id = 1, .revision = revision_};
}

std::vector<KeyValue> FakeEtcd::Select(const std::map<std::string, KeyValue>& from,
                                       const KeyRange& keys) const {
  std::vector<KeyValue> selected;
  for (auto it = from.lower_bound(keys.begin); it != from.end() && keys.Contains(it->first); ++it) {
    selected.push_back(it->second);
  }
  return selected;
}

std::map<std::string, KeyValue> FakeEtcd::StateAt(int64_t revision) const {
  std::map<std::string, KeyValue> state;
  for (const auto& [number, events] : history_) {
    if (number > revision) break;
    for (const Event& event : events.events) {
      state.erase(event.value.key);
      if (!event.deleted) state.emplace(event.value.key, event.value);
    }
  }
  return state;
}

absl::StatusOr<RangeResult> FakeEtcd::Read(const RangeQuery& query) const {
  absl::MutexLock lock(&mutex_);
  if (query.revision != 0 && query.revision < compacted_) return Compacted(compacted_);
  RangeResult result{.header = HeaderNow()};
  result.values = Select(query.revision == 0 ? state_ : StateAt(query.revision), query.keys);
  if (query.limit > 0 && result.values.size() > static_cast<size_t>(query.limit)) {
    result.values.resize(static_cast<size_t>(query.limit));
    result.more = true;
  }
  if (query.keys_only) {
    for (KeyValue& value : result.values) value.value.clear();
  }
  return result;
}

TransactionResult FakeEtcd::Do(Transaction transaction) {
  TransactionResult result{.succeeded = true};
  {
    absl::MutexLock lock(&mutex_);
    for (const Condition& condition : transaction.conditions) {
      const auto found = state_.find(condition.key);
      const int64_t current = found == state_.end() ? 0 : found->second.mod_revision;
      const bool holds = current == condition.mod_revision ||
                         (condition.or_earlier && current < condition.mod_revision);
      if (!holds) result.succeeded = false;
    }
    if (result.succeeded) {
      Apply(std::move(transaction.writes));
    } else {
      for (const KeyRange& keys : transaction.reads_otherwise) {
        result.otherwise.push_back(Select(state_, keys));
      }
    }
    result.header = HeaderNow();
  }
  Deliver();
  return result;
}

void FakeEtcd::Apply(std::vector<Write> writes) {
  RevisionEvents events{.revision = revision_ + 1};
  for (Write& write : writes) {
    if (write.value.has_value()) {
      KeyValue& stored = state_[write.keys.begin];
      const bool is_new = stored.mod_revision == 0;
      stored = {.key = write.keys.begin,
                .value = *std::move(write.value),
                .create_revision = is_new ? events.revision : stored.create_revision,
                .mod_revision = events.revision};
      events.events.push_back({.value = stored});
      continue;
    }
    for (const KeyValue& value : Select(state_, write.keys)) {
      events.events.push_back(
          {.value = {.key = value.key, .mod_revision = events.revision}, .deleted = true});
      state_.erase(value.key);
    }
  }
  ++commits_;
  if (events.events.empty()) return;
  revision_ = events.revision;
  history_.emplace(revision_, std::move(events));
  Feed();
}

absl::Status FakeEtcd::Forget(int64_t revision) {
  absl::MutexLock lock(&mutex_);
  if (revision > revision_) {
    return MakeError(absl::StatusCode::kOutOfRange, "COMPACTED", "that revision is yet to come");
  }
  compacted_ = std::max(compacted_, revision);
  return absl::OkStatus();
}

void FakeEtcd::Feed() {
  for (const std::shared_ptr<FakeWatch>& watch : watches_) FeedOne(watch);
  std::erase_if(watches_, [](const auto& watch) { return watch->over; });
}

void FakeEtcd::FeedOne(const std::shared_ptr<FakeWatch>& watch) {
  if (watch->over || !watch->client->reachable()) return;
  if (watch->next < compacted_) return End(watch, Compacted(compacted_));
  for (auto it = history_.lower_bound(watch->next); it != history_.end(); ++it) {
    RevisionEvents events{.revision = it->first};
    for (const Event& event : it->second.events) {
      if (watch->keys.Contains(event.value.key)) events.events.push_back(event);
    }
    watch->next = it->first + 1;
    if (events.events.empty()) continue;
    deliveries_.push_back([watch, header = HeaderNow(), events = std::move(events)] {
      watch->observer->OnEvents(header, events);
    });
  }
}

void FakeEtcd::End(const std::shared_ptr<FakeWatch>& watch, const absl::Status& status) {
  if (std::exchange(watch->over, true)) return;
  deliveries_.push_back([watch, status] { watch->observer->OnEnd(status); });
}

void FakeEtcd::Deliver() {
  absl::MutexLock lock(&mutex_);
  if (delivering_) return;
  delivering_ = true;
  while (!deliveries_.empty()) {
    const Delivery next = std::move(deliveries_.front());
    deliveries_.pop_front();
    mutex_.Unlock();
    next();
    mutex_.Lock();
  }
  delivering_ = false;
}

}  // namespace understudy::config_vault::etcd
