#include "services/config_vault/read_session.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/status/status.h"
#include "common/status/status_proto.h"
#include "google/rpc/status.pb.h"
#include "services/config_vault/document_requests.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault {
namespace {

// Keeps what was sent until the test takes it out.
class FakeSink final : public ReadSink {
 public:
  void Send(v1::ReadResponse response) override {
    absl::MutexLock lock(&mutex_);
    EXPECT_FALSE(sent_.has_value()) << "one response was sent while another was being written";
    sent_ = std::move(response);
    changed_.Signal();
  }
  void ReadNext() override {
    absl::MutexLock lock(&mutex_);
    ++wanted_;
  }
  void Finish(const absl::Status& status) override {
    absl::MutexLock lock(&mutex_);
    if (!ended_.has_value()) ended_ = status;
    changed_.Signal();
  }

  bool has_sent() const {
    absl::MutexLock lock(&mutex_);
    return sent_.has_value();
  }
  // Messages that the session was ready for.
  int wanted() const {
    absl::MutexLock lock(&mutex_);
    return wanted_;
  }
  v1::ReadResponse Take() {
    absl::MutexLock lock(&mutex_);
    while (!sent_.has_value()) changed_.Wait(&mutex_);
    return *std::exchange(sent_, std::nullopt);
  }
  absl::Status AwaitEnd() {
    absl::MutexLock lock(&mutex_);
    while (!ended_.has_value()) changed_.Wait(&mutex_);
    return *ended_;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  std::optional<v1::ReadResponse> sent_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);
  int wanted_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Current until the test says otherwise; then it keeps who waits. Of one thread.
class FakeBarrier final : public ReadBarrier {
 public:
  void WhenCurrent(size_t reads, Then then) override {
    if (is_current) return then(absl::OkStatus());
    asked += reads;
    waiting.push_back(std::move(then));
  }
  bool IsCurrent(size_t) override { return is_current; }
  absl::Duration DataAge() const override { return absl::Seconds(7); }

  void Open(const absl::Status& status) {
    for (Then& then : std::exchange(waiting, {})) then(status);
  }

  bool is_current = true;
  size_t asked = 0;
  std::vector<Then> waiting;
};

constexpr bool kStale = true;

class ReadSessionTest : public ::testing::Test {
 protected:
  void Start(const ReadSessionLimits& limits = {}) {
    session_ = std::make_shared<ReadSession>(
        ReadSession::Vault{harness_.store(), barrier_, pool_, metrics_, "test"}, limits, sink_);
  }
  void ReadableAtOnce() { store_->SetReadableAtOnce(); }
  Revision Put(const std::string& name, const std::string& content) {
    return harness_.Document(config_vault::MakePut(name, content)).info.revision;
  }

  static void Add(v1::ReadRequest& request, uint64_t number, const std::string& name,
                  bool stale = false, Revision revision = 0) {
    v1::ReadRequest::Read& read = *request.add_reads();
    read.set_number(number);
    read.mutable_get()->set_name(name);
    read.mutable_get()->set_revision(revision);
    read.mutable_get()->set_encoding(v1::ENCODING_ZSTD);
    if (stale) read.mutable_get()->set_consistency(type::v1::CONSISTENCY_STALE);
  }
  static v1::ReadRequest Asking(uint64_t number, const std::string& name, bool stale = false,
                                Revision revision = 0) {
    v1::ReadRequest request;
    Add(request, number, name, stale, revision);
    return request;
  }

  // The next response, written: contents and reasons of errors by number.
  std::map<uint64_t, std::string> Next() {
    std::map<uint64_t, std::string> texts;
    const v1::ReadResponse response = sink_->Take();
    for (const auto& answer : response.answers()) {
      texts[answer.number()] = answer.has_found() ? answer.found().content()
                                                  : ErrorReason(FromStatusProto(answer.refused()));
    }
    session_->OnSent();
    return texts;
  }
  std::map<uint64_t, std::string> Next(size_t answers) {
    std::map<uint64_t, std::string> texts;
    while (texts.size() < answers) texts.merge(Next());
    return texts;
  }

  metrics::Registry registry_;
  VaultMetrics metrics_{registry_};
  MemoryVaultStore* store_ = new MemoryVaultStore;
  VaultHarness harness_{std::unique_ptr<VaultStore>(store_)};
  FakeBarrier barrier_;
  std::shared_ptr<FakeSink> sink_ = std::make_shared<FakeSink>();
  WorkerPool pool_{{.threads = 1, .max_waiting = 2}};
  std::shared_ptr<ReadSession> session_;
};

using Texts = std::map<uint64_t, std::string>;

TEST_F(ReadSessionTest, AnswersWhatLiesInMemoryAtOnceInOneResponse) {
  ReadableAtOnce();
  Put("a", "1");
  Put("b", "2");
  Start();
  v1::ReadRequest request = Asking(7, "a");
  Add(request, 3, "missing");
  Add(request, 5, "b");
  Add(request, 0, "");
  session_->OnRequest(std::move(request));
  ASSERT_TRUE(sink_->has_sent());
  EXPECT_EQ(sink_->wanted(), 1);
  EXPECT_EQ(Next(), (Texts{{7, "1"}, {3, "DOCUMENT_NOT_FOUND"}, {5, "2"}, {0, "INVALID_NAME"}}));
}

TEST_F(ReadSessionTest, AnswersOfOneMessageAreOfOneState) {
  ReadableAtOnce();
  Put("first", "0");
  Put("second", "0");
  Start();
  std::thread writer([&] {
    for (int i = 1; i <= 300; ++i) {
      Put("first", std::to_string(i));
      Put("second", std::to_string(i));
    }
  });
  for (int seen = 0; seen < 300;) {
    // Read one after the other, the second could be ahead.
    v1::ReadRequest request = Asking(1, "first");
    Add(request, 2, "second");
    session_->OnRequest(std::move(request));
    Texts texts = Next();
    seen = std::stoi(texts[2]);
    EXPECT_GE(std::stoi(texts[1]), seen);
    EXPECT_LE(std::stoi(texts[1]), seen + 1);
  }
  writer.join();
}

TEST_F(ReadSessionTest, ReadsOnThePoolWhatMayLieOnTheDisk) {
  Put("a", "1");
  Start();
  v1::ReadRequest request = Asking(1, "a");
  Add(request, 2, "missing");
  session_->OnRequest(std::move(request));
  EXPECT_EQ(Next(2), (Texts{{1, "1"}, {2, "DOCUMENT_NOT_FOUND"}}));
}

TEST_F(ReadSessionTest, WhatMustBeUnpackedIsReadOnThePool) {
  ReadableAtOnce();
  Put("a", "no frame at all");
  Start();
  absl::Notification go_on;
  pool_.Post([&] { go_on.WaitForNotification(); });
  v1::ReadRequest request = Asking(1, "a");
  request.mutable_reads(0)->mutable_get()->set_encoding(v1::ENCODING_UNSPECIFIED);
  session_->OnRequest(std::move(request));
  EXPECT_FALSE(sink_->has_sent());
  go_on.Notify();
  EXPECT_EQ(Next(), (Texts{{1, "CORRUPT_RECORD"}}));
}

TEST_F(ReadSessionTest, ReadsThatMustWaitForEtcdWaitTogetherAndKeepNoStaleOneBack) {
  ReadableAtOnce();
  Put("a", "1");
  Put("b", "2");
  barrier_.is_current = false;
  Start();
  v1::ReadRequest request = Asking(1, "a");
  Add(request, 2, "b", kStale);
  Add(request, 3, "b");
  session_->OnRequest(std::move(request));
  const v1::ReadResponse response = sink_->Take();
  ASSERT_EQ(response.answers_size(), 1);
  EXPECT_EQ(response.answers(0).found().data_age().seconds(), 7);
  session_->OnSent();
  EXPECT_EQ(barrier_.asked, 2u);
  EXPECT_EQ(barrier_.waiting.size(), 1u);
  EXPECT_FALSE(sink_->has_sent());
  Put("a", "new");
  barrier_.Open(absl::OkStatus());
  EXPECT_EQ(Next(2), (Texts{{1, "new"}, {3, "2"}}));
}

TEST_F(ReadSessionTest, WhileEtcdIsOutOfReachEachIsRefusedAsGetWould) {
  Put("a", "1");
  barrier_.is_current = false;
  Start();
  v1::ReadRequest request = Asking(1, "a");
  Add(request, 2, "a");
  session_->OnRequest(std::move(request));
  barrier_.Open(MakeError(absl::StatusCode::kUnavailable, "ETCD_UNREACHABLE", "gone"));
  EXPECT_EQ(Next(2), (Texts{{1, "ETCD_UNREACHABLE"}, {2, "ETCD_UNREACHABLE"}}));
}

TEST_F(ReadSessionTest, ARevisionThatIsHereAsksNobodyAndOneThatIsNotAsksOnce) {
  ReadableAtOnce();
  const Revision old = Put("a", "1");
  Put("a", "2");
  barrier_.is_current = false;
  Start();
  v1::ReadRequest request = Asking(1, "a", false, old);
  Add(request, 2, "a", false, old + 2);
  Add(request, 3, "a", kStale, old + 9);
  session_->OnRequest(std::move(request));
  EXPECT_EQ(Next(2), (Texts{{1, "1"}, {3, "REVISION_NOT_FOUND"}}));
  EXPECT_EQ(barrier_.asked, 1u);
  Put("a", "3");
  barrier_.Open(absl::OkStatus());
  EXPECT_EQ(Next(), (Texts{{2, "3"}}));
}

TEST_F(ReadSessionTest, MoreReadsThanAMessageMayHoldEndTheStream) {
  Start();
  v1::ReadRequest request;
  for (uint64_t i = 0; i <= kMaxReadsPerMessage; ++i) Add(request, i, "a");
  session_->OnRequest(std::move(request));
  const absl::Status status = sink_->AwaitEnd();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(status), "TOO_MANY_READS");
  EXPECT_EQ(ErrorMetadata(status).at("limit"), "256");
}

TEST_F(ReadSessionTest, ANumberTwiceInAMessageEndsTheStream) {
  Start();
  v1::ReadRequest request = Asking(9, "a");
  Add(request, 8, "a");
  Add(request, 9, "b");
  session_->OnRequest(std::move(request));
  EXPECT_EQ(ErrorReason(sink_->AwaitEnd()), "READ_NUMBER_REPEATED");
}

TEST_F(ReadSessionTest, TheNumberOfAReadThatWaitsEndsTheStreamAndAnAnsweredOneIsFree) {
  ReadableAtOnce();
  Put("a", "1");
  Start();
  session_->OnRequest(Asking(1, "a"));
  EXPECT_EQ(Next(), (Texts{{1, "1"}}));
  barrier_.is_current = false;
  session_->OnRequest(Asking(1, "a"));
  session_->OnRequest(Asking(1, "a", kStale));
  EXPECT_EQ(ErrorReason(sink_->AwaitEnd()), "READ_NUMBER_REPEATED");
}

TEST_F(ReadSessionTest, AnswersThatComeWhileOneIsBeingSentGoAlongInTheNext) {
  ReadableAtOnce();
  Put("a", "1");
  Start();
  for (uint64_t number = 1; number <= 4; ++number) session_->OnRequest(Asking(number, "a"));
  EXPECT_EQ(sink_->wanted(), 4);
  EXPECT_EQ(Next(), (Texts{{1, "1"}}));
  EXPECT_EQ(Next(), (Texts{{2, "1"}, {3, "1"}, {4, "1"}}));
}

TEST_F(ReadSessionTest, ACallerThatTakesNothingIsNotReadFromAndNothingIsReadForIt) {
  ReadableAtOnce();
  Put("large", std::string(1000, 'x'));
  Start({.waiting_reads = 1, .unsent_bytes = 5000, .response_bytes = 2600});
  v1::ReadRequest request;
  for (uint64_t number = 1; number <= 20; ++number) Add(request, number, "large");
  session_->OnRequest(std::move(request));
  EXPECT_EQ(sink_->wanted(), 0);
  size_t answered = 0;
  int responses = 0;
  while (answered < 20) {
    const Texts texts = Next();
    EXPECT_LE(texts.size(), 3u);
    answered += texts.size();
    ++responses;
  }
  EXPECT_GE(responses, 7);
  EXPECT_EQ(sink_->wanted(), 1);
}

TEST_F(ReadSessionTest, WhileManyReadsWaitNoFurtherMessageIsTaken) {
  barrier_.is_current = false;
  Put("a", "1");
  Start({.waiting_reads = 2});
  session_->OnRequest(Asking(1, "a"));
  EXPECT_EQ(sink_->wanted(), 1);
  session_->OnRequest(Asking(2, "a"));
  EXPECT_EQ(sink_->wanted(), 1);
  barrier_.Open(absl::OkStatus());
  EXPECT_EQ(Next(2).size(), 2u);
  // The task that answered them may have yet to end.
  pool_.Stop();
  EXPECT_EQ(sink_->wanted(), 2);
}

TEST_F(ReadSessionTest, AnOverloadedVaultRefusesEachRead) {
  ReadableAtOnce();
  Start();
  absl::Notification go_on;
  for (int i = 0; i < 3; ++i) pool_.Post([&] { go_on.WaitForNotification(); });
  v1::ReadRequest request = Asking(1, "a");
  Add(request, 2, "a");
  session_->OnRequest(std::move(request));
  EXPECT_EQ(Next(), (Texts{{1, "OVERLOADED"}, {2, "OVERLOADED"}}));
  go_on.Notify();
}

TEST_F(ReadSessionTest, WhatWaitsWhenTheCallerClosesItsHalfIsStillAnswered) {
  ReadableAtOnce();
  Put("a", "1");
  barrier_.is_current = false;
  Start();
  session_->OnRequest(Asking(1, "a"));
  session_->OnHalfClose();
  barrier_.Open(absl::OkStatus());
  EXPECT_EQ(Next(), (Texts{{1, "1"}}));
  EXPECT_TRUE(sink_->AwaitEnd().ok());
}

TEST_F(ReadSessionTest, CountsEachReadByItsResult) {
  ReadableAtOnce();
  Put("a", "1");
  Start();
  v1::ReadRequest request = Asking(1, "a");
  Add(request, 2, "a");
  Add(request, 3, "missing");
  session_->OnRequest(std::move(request));
  const std::string text = registry_.Text();
  const std::string reads = "understudy_config_vault_reads_total{operation=\"get\",result=";
  EXPECT_NE(text.find(reads + "\"ok\"} 2"), std::string::npos);
  EXPECT_NE(text.find(reads + "\"not_found\"} 1"), std::string::npos);
}

}  // namespace
}  // namespace understudy::config_vault
