// Kills the real service at random points under load, again and again, and holds what it has after
// each start against what it acknowledged before.
//
// UNDERSTUDY_CRASH_CYCLES and UNDERSTUDY_CRASH_SEED in the environment make it longer or repeat it.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/rpc/channel.h"
#include "common/testing/service_process.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"

namespace understudy::config_vault {
namespace {

constexpr char kBinary[] = "services/config_vault/config_vault";
constexpr int kWriters = 4;

using ::understudy::testing::NumberFromEnvironment;
using ::understudy::testing::ServiceProcess;

std::shared_ptr<grpc::Channel> Connect(const ServiceProcess& vault) {
  return rpc::MakeInsecureChannel(absl::StrCat("127.0.0.1:", vault.port("grpc")));
}

// How many writes were acknowledged, for a test that waits for them.
class Count {
 public:
  void Add() {
    absl::MutexLock lock(&mutex_);
    ++count_;
    grown_.Signal();
  }
  void AwaitAtLeast(int enough) {
    absl::MutexLock lock(&mutex_);
    while (count_ < enough) grown_.Wait(&mutex_);
  }

 private:
  absl::Mutex mutex_;
  absl::CondVar grown_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  context.set_wait_for_ready(true);
}

// Writes one document, one revision after the other, and keeps a record of what it was told. The
// write that the crash interrupted is repeated, under its request id, after the next start.
class Writer {
 public:
  explicit Writer(int number) : name_(absl::StrCat("load/", number)) {}

  // Until a call fails: the service is gone.
  void WriteUntilCrash(const std::shared_ptr<grpc::Channel>& channel, Count& count) {
    const auto stub = v1::Documents::NewStub(channel);
    while (true) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
      v1::PutResponse response;
      if (!stub->Put(&context, NextRequest(), &response).ok()) return;
      acknowledged_[response.info().revision()] = Content();
      ++next_;
      count.Add();
    }
  }

  // Every acknowledged revision is there with its content, and nothing else but, perhaps, the write
  // that the crash interrupted.
  void Verify(v1::Documents::Stub& stub) {
    for (const auto& [revision, content] : acknowledged_) {
      if (revision <= verified_) continue;
      EXPECT_EQ(Get(stub, revision), content) << name_ << " at " << revision;
    }
    if (!acknowledged_.empty()) verified_ = acknowledged_.rbegin()->first;
    const std::vector<uint64_t> history = History(stub);
    EXPECT_LE(history.size(), acknowledged_.size() + 1);
    for (const uint64_t revision : history) {
      if (acknowledged_.contains(revision)) continue;
      EXPECT_EQ(Get(stub, revision), Content()) << name_ << " has a revision nobody wrote";
    }
    RepeatInterrupted(stub, history);
  }

  size_t acknowledged() const { return acknowledged_.size(); }

 private:
  std::string Content() const {
    return absl::StrCat("{\"n\":", next_, ",\"text\":\"",
                        std::string(static_cast<size_t>(next_ * 997 % 20'000), 'x'), "\"}");
  }
  v1::PutRequest NextRequest() const {
    v1::PutRequest request;
    request.set_name(name_);
    request.set_content(Content());
    request.set_request_id(absl::StrCat(name_, "#", next_));
    return request;
  }

  void RepeatInterrupted(v1::Documents::Stub& stub, const std::vector<uint64_t>& history) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::PutResponse response;
    const grpc::Status status = stub.Put(&context, NextRequest(), &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    const uint64_t revision = response.info().revision();
    // If the interrupted write was stored, this is its first answer.
    const bool stored = history.size() > acknowledged_.size();
    EXPECT_EQ(std::count(history.begin(), history.end(), revision), stored ? 1 : 0);
    acknowledged_[revision] = Content();
    ++next_;
  }

  std::string Get(v1::Documents::Stub& stub, uint64_t revision) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GetRequest request;
    request.set_name(name_);
    request.set_revision(revision);
    v1::GetResponse response;
    const grpc::Status status = stub.Get(&context, request, &response);
    return status.ok() ? response.content() : status.error_message();
  }

  std::vector<uint64_t> History(v1::Documents::Stub& stub) {
    std::vector<uint64_t> revisions;
    v1::HistoryRequest request;
    request.set_name(name_);
    request.set_page_size(1000);
    do {
      grpc::ClientContext context;
      SetDeadline(context);
      v1::HistoryResponse response;
      if (!stub.History(&context, request, &response).ok()) return revisions;
      for (const auto& info : response.revisions()) revisions.push_back(info.revision());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return revisions;
  }

  const std::string name_;
  int next_ = 1;
  std::map<uint64_t, std::string> acknowledged_;
  uint64_t verified_ = 0;
};

// Moves one duty to and fro, and keeps the last number it was told.
class Claimer {
 public:
  void ClaimUntilCrash(const std::shared_ptr<grpc::Channel>& channel, uint64_t epoch) {
    const auto stub = v1::Registry::NewStub(channel);
    while (Claim(*stub, epoch)) {
    }
  }

  void Verify(v1::Registry::Stub& stub, uint64_t epoch) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ListDutiesResponse response;
    ASSERT_TRUE(stub.ListDuties(&context, {}, &response).ok());
    if (response.duties().empty()) {
      EXPECT_EQ(number_, 0u);
      Create(stub, epoch);
      return;
    }
    const v1::Assignment& assignment = response.duties(0).assignment();
    EXPECT_GE(assignment.number(), number_);
    EXPECT_LE(assignment.number(), number_ + 1);
    EXPECT_EQ(assignment.station_id(), StationFor(assignment.number()));
    number_ = assignment.number();
    VerifyFailover(stub);
  }

 private:
  static std::string StationFor(uint64_t number) { return absl::StrCat("station-", number % 3); }

  // The claim and its failover are one write: both or neither.
  void VerifyFailover(v1::Registry::Stub& stub) {
    if (number_ < 2) return;
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GetFailoverRequest request;
    request.set_failover_id(absl::StrCat("d1-", number_ - 1));
    v1::GetFailoverResponse response;
    EXPECT_TRUE(stub.GetFailover(&context, request, &response).ok());
    EXPECT_EQ(response.failover().assignment_number(), number_);
    context.TryCancel();
    grpc::ClientContext next_context;
    SetDeadline(next_context);
    request.set_failover_id(absl::StrCat("d1-", number_));
    EXPECT_FALSE(stub.GetFailover(&next_context, request, &response).ok());
  }

  void Create(v1::Registry::Stub& stub, uint64_t epoch) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::CreateDutyRequest request;
    request.set_epoch(epoch);
    request.mutable_duty()->set_id("d1");
    request.mutable_duty()->mutable_assignment()->set_station_id(StationFor(1));
    v1::CreateDutyResponse response;
    ASSERT_TRUE(stub.CreateDuty(&context, request, &response).ok());
    number_ = 1;
  }

  bool Claim(v1::Registry::Stub& stub, uint64_t epoch) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::ClaimDutyRequest request;
    request.set_epoch(epoch);
    request.mutable_assignment()->set_duty_id("d1");
    request.mutable_assignment()->set_number(number_ + 1);
    request.mutable_assignment()->set_station_id(StationFor(number_ + 1));
    request.mutable_failover()->set_id(absl::StrCat("d1-", number_));
    request.mutable_failover()->set_duty_id("d1");
    request.mutable_failover()->set_assignment_number(number_ + 1);
    request.mutable_failover()->set_state(v1::Failover::STATE_DONE);
    v1::ClaimDutyResponse response;
    if (!stub.ClaimDuty(&context, request, &response).ok()) return false;
    number_ = response.assignment().number();
    return true;
  }

  uint64_t number_ = 0;
};

uint64_t ReadEpoch(v1::Registry::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stream = stub.WatchRole(&context, {});
  v1::WatchRoleResponse response;
  EXPECT_TRUE(stream->Read(&response));
  context.TryCancel();
  (void)stream->Finish();
  return response.epoch();
}

TEST(CrashTest, NoAcknowledgedWriteIsLostAndNoneIsTorn) {
  const uint64_t cycles = NumberFromEnvironment("UNDERSTUDY_CRASH_CYCLES", 20);
  const uint64_t seed = NumberFromEnvironment("UNDERSTUDY_CRASH_SEED", 20221122);
  SCOPED_TRACE(absl::StrCat("UNDERSTUDY_CRASH_SEED=", seed));
  Random random(seed);
  ServiceProcess vault(kBinary, "");
  std::vector<Writer> writers;
  for (int i = 0; i < kWriters; ++i) writers.emplace_back(i);
  Claimer claimer;

  for (uint64_t cycle = 1; cycle <= cycles + 1; ++cycle) {
    ASSERT_NO_FATAL_FAILURE(vault.Start());
    const auto channel = Connect(vault);
    const auto documents = v1::Documents::NewStub(channel);
    const auto registry = v1::Registry::NewStub(channel);
    const uint64_t epoch = ReadEpoch(*registry);
    ASSERT_EQ(epoch, cycle);
    for (Writer& writer : writers) writer.Verify(*documents);
    claimer.Verify(*registry, epoch);
    if (::testing::Test::HasFailure() || cycle > cycles) break;

    Count count;
    std::vector<std::thread> threads;
    for (Writer& writer : writers) {
      threads.emplace_back([&] { writer.WriteUntilCrash(Connect(vault), count); });
    }
    threads.emplace_back([&] { claimer.ClaimUntilCrash(Connect(vault), epoch); });
    const int enough = static_cast<int>(random.Below(60));
    const absl::Duration then = absl::Microseconds(random.Below(3000));
    count.AwaitAtLeast(enough);
    vault.AwaitEnd(then);
    vault.Kill();
    for (std::thread& thread : threads) thread.join();
  }
  size_t acknowledged = 0;
  for (const Writer& writer : writers) acknowledged += writer.acknowledged();
  std::printf("%llu kills (seed %llu): %zu acknowledged writes, none lost\n",
              static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(seed),
              acknowledged);
}

}  // namespace
}  // namespace understudy::config_vault
