#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_TESTING_FAKE_SESSIONS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_TESTING_FAKE_SESSIONS_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/document/compression.h"
#include "common/status/status.h"
#include "services/station_agent/membership_session.h"
#include "services/station_agent/orders_session.h"
#include "services/station_agent/runtime/scheduler/manager.h"
#include "services/station_agent/vault_documents.h"

namespace understudy::station_agent {

// What the outside world saw of an agent. Thread-safe; a test waits until it is what it should be.
class WorldLog {
 public:
  struct Seen {
    std::optional<JoinAnnouncement> announcement;
    std::optional<StationReport> report;
    std::optional<AttendHello> hello;
    int attached = 0;
    std::vector<DutyAction> replies;
    int replies_in_coroutines = 0;
    std::vector<SyncReply> sync_replies;
    std::vector<VaultDocuments::Upload> uploads;
    int stream_beats = 0;
    int root_silences = 0;
    bool left = false;
  };

  template <typename Task>
  void Change(Task task) {
    absl::MutexLock lock(&mutex_);
    task(seen_);
  }
  // False when it does not come true within a minute.
  template <typename Predicate>
  bool WaitUntil(Predicate predicate) {
    absl::MutexLock lock(&mutex_);
    const auto holds = [&] { return predicate(seen_); };
    return mutex_.AwaitWithTimeout(absl::Condition(&holds), absl::Minutes(1));
  }
  Seen Get() const {
    absl::MutexLock lock(&mutex_);
    return seen_;
  }

 private:
  mutable absl::Mutex mutex_;
  Seen seen_ ABSL_GUARDED_BY(mutex_);
};

class FakeMembershipSession final : public MembershipSession {
 public:
  FakeMembershipSession(WorldLog& log, MembershipObserver& observer, JoinedSession session)
      : log_(log), observer_(observer), session_(std::move(session)) {}

  void Start() override { Join(); }
  void Stop() override { joined_ = false; }
  uint64_t session_id() const override { return joined_ ? session_.id : 0; }
  bool conversing() const override { return joined_; }
  void SendReport(const StationReport& report) override {
    if (joined_) log_.Change([&](WorldLog::Seen& seen) { seen.report = report; });
  }
  void SendBeat(uint64_t sequence, uint16_t) override {
    log_.Change([](WorldLog::Seen& seen) { ++seen.stream_beats; });
    if (answers_stream_beats_) observer_.OnStreamBeatAnswered(sequence);
  }
  void OnSessionEnded(uint64_t) override { Join(); }
  void OnRootSilent() override {
    log_.Change([](WorldLog::Seen& seen) { ++seen.root_silences; });
  }
  void Leave(const std::string&, absl::AnyInvocable<void(absl::Status)> callback) override {
    joined_ = false;
    callback(absl::OkStatus());
  }

  // On the executor.
  void SetAnswersStreamBeats(bool answers) { answers_stream_beats_ = answers; }

 private:
  void Join() {
    const JoinAnnouncement announcement = observer_.MakeAnnouncement();
    log_.Change([&](WorldLog::Seen& seen) { seen.announcement = announcement; });
    joined_ = true;
    observer_.OnJoined(session_);
    observer_.OnConversing();
  }

  WorldLog& log_;
  MembershipObserver& observer_;
  const JoinedSession session_;
  bool joined_ = false;
  bool answers_stream_beats_ = false;
};

class FakeOrdersSession final : public OrdersSession {
 public:
  FakeOrdersSession(WorldLog& log, OrdersObserver& observer) : log_(log), observer_(observer) {}

  void Attach() override {
    attached_ = true;
    const AttendHello hello = observer_.MakeAttendHello();
    log_.Change([&](WorldLog::Seen& seen) {
      seen.hello = hello;
      ++seen.attached;
    });
    observer_.OnAttached();
  }
  void Detach() override { attached_ = false; }
  bool attached() const override { return attached_; }
  void Reply(const DutyAction& action) override {
    const runtime::Manager* manager = runtime::Manager::Current();
    const bool in_coroutine = manager != nullptr && manager->current() != nullptr;
    log_.Change([&](WorldLog::Seen& seen) {
      seen.replies.push_back(action);
      seen.replies_in_coroutines += in_coroutine ? 1 : 0;
    });
  }
  void Say(const SyncReply& reply) override {
    log_.Change([&](WorldLog::Seen& seen) { seen.sync_replies.push_back(reply); });
  }

  // On the executor.
  void Give(SteadyTime now, StationOrder order) { observer_.OnOrder(now, std::move(order)); }

 private:
  WorldLog& log_;
  OrdersObserver& observer_;
  bool attached_ = false;
};

class FakeVaultDocuments final : public VaultDocuments {
 public:
  explicit FakeVaultDocuments(WorldLog& log) : log_(log) {}

  void Get(const std::string& document, uint64_t revision, OnGot callback) override {
    std::optional<std::string> content;
    {
      absl::MutexLock lock(&mutex_);
      const auto found = documents_.find({document, revision});
      if (found != documents_.end()) content = found->second;
    }
    if (!content.has_value()) {
      callback(MakeError(absl::StatusCode::kNotFound, "DOCUMENT_NOT_FOUND", document));
      return;
    }
    callback(*Pack(*content));
  }

  void Put(const Upload& upload, OnPut callback) override {
    absl::Status failure;
    {
      absl::MutexLock lock(&mutex_);
      if (failures_ > 0) --failures_, failure = failure_;
    }
    if (!failure.ok()) return callback(failure);
    log_.Change([&](WorldLog::Seen& seen) { seen.uploads.push_back(upload); });
    callback(uint64_t{100});
  }

  void Set(const std::string& document, uint64_t revision, const std::string& content) {
    absl::MutexLock lock(&mutex_);
    documents_[{document, revision}] = content;
  }
  // The next `times` uploads get this instead.
  void Fail(int times, const absl::Status& with) {
    absl::MutexLock lock(&mutex_);
    failures_ = times;
    failure_ = with;
  }

 private:
  WorldLog& log_;
  absl::Mutex mutex_;
  std::map<std::pair<std::string, uint64_t>, std::string> documents_ ABSL_GUARDED_BY(mutex_);
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_TESTING_FAKE_SESSIONS_H_
