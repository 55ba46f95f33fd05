#include "common/vault/document_reader.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/rpc/channel.h"
#include "common/rpc/server_session.h"
#include "common/rpc/testing/inbox.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "common/status/status_proto.h"
#include "google/rpc/status.pb.h"

namespace understudy::vault {
namespace {

namespace v1 = config_vault::v1;

using rpc::testing::Inbox;
using Session = rpc::ServerSession<v1::ReadRequest, v1::ReadResponse>;
constexpr char kDomain[] = "test.understudy";

// A vault that answers when the test says so: on streams by Answer, to Get at once with "by get".
class FakeVault final : public v1::Documents::CallbackService {
 public:
  struct Asked {
    std::shared_ptr<Session> session;
    v1::ReadRequest request;
  };

  explicit FakeVault(bool knows_streams = true) : knows_streams_(knows_streams) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeVault() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::shared_ptr<DocumentReader> NewReader(const DocumentReaderOptions& options = {}) const {
    return DocumentReader::Make(v1::Documents::NewStub(rpc::MakeInsecureChannel(address_)),
                                options);
  }

  grpc::ServerBidiReactor<v1::ReadRequest, v1::ReadResponse>* Read(
      grpc::CallbackServerContext* context) override {
    const auto session = Session::Make(
        [this](const std::shared_ptr<Session>& from, v1::ReadRequest request) {
          asked.Put({from, std::move(request)});
        },
        {.domain = kDomain,
         .on_done = [this](const absl::Status& status) { ended.Put(status); },
         .context = context});
    if (!knows_streams_) session->Finish(absl::UnimplementedError("an older vault"));
    return session.get();
  }
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const v1::GetRequest* request,
                                v1::GetResponse* response) override {
    rpc::UnaryReply<v1::GetResponse> reply(context, response, kDomain);
    grpc::ServerUnaryReactor* const reactor = reply.reactor();
    gets.Put(request->name());
    v1::GetResponse found;
    found.set_content("by get");
    reply.Finish(std::move(found));
    return reactor;
  }

  // Each read with its document's name, those named "missing" with an error.
  static void Answer(const Asked& asked) {
    v1::ReadResponse response;
    // Backwards: the order is the vault's business.
    for (int i = asked.request.reads_size(); i-- > 0;) {
      const auto& read = asked.request.reads(i);
      auto& answer = *response.add_answers();
      answer.set_number(read.number());
      if (read.get().name() == "missing") {
        ToStatusProto(MakeError(absl::StatusCode::kNotFound, "DOCUMENT_NOT_FOUND", "no"), kDomain,
                      *answer.mutable_refused());
      } else {
        answer.mutable_found()->set_content(read.get().name());
      }
    }
    asked.session->Send(std::move(response));
  }

  Inbox<Asked> asked;
  Inbox<std::string> gets;
  Inbox<absl::Status> ended;

 private:
  const bool knows_streams_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

v1::GetRequest Named(const std::string& name) {
  v1::GetRequest request;
  request.set_name(name);
  return request;
}

// Reads and what came of them.
struct Reads {
  explicit Reads(std::shared_ptr<DocumentReader> by) : reader(std::move(by)) {}
  ~Reads() { reader->Stop(); }

  void Ask(const std::string& name) {
    reader->Get(Named(name), [this](DocumentReader::Result result) {
      results.Put(result.ok() ? absl::StatusOr<std::string>(result->content()) : result.status());
    });
  }
  std::string Take() {
    const absl::StatusOr<std::string> result = results.Take();
    if (result.ok()) return *result;
    const std::string reason = ErrorReason(result.status());
    return reason.empty() ? StatusCodeName(result.status().code()) : reason;
  }

  std::shared_ptr<DocumentReader> reader;
  Inbox<absl::StatusOr<std::string>> results;
};

TEST(DocumentReaderTest, AnswersEachReadWithItsOwnDocumentOrError) {
  FakeVault vault;
  Reads reads(vault.NewReader());
  std::map<std::string, Inbox<std::string>> got;
  for (const char* name : {"a", "missing", "b"}) {
    reads.reader->Get(Named(name), [&got = got[name]](DocumentReader::Result result) {
      got.Put(result.ok() ? result->content() : ErrorReason(result.status()));
    });
  }
  for (int answered = 0; answered < 3;) {
    const auto asked = vault.asked.Take();
    answered += asked.request.reads_size();
    FakeVault::Answer(asked);
  }
  EXPECT_EQ(got["a"].Take(), "a");
  EXPECT_EQ(got["b"].Take(), "b");
  EXPECT_EQ(got["missing"].Take(), "DOCUMENT_NOT_FOUND");
  EXPECT_EQ(vault.gets.size(), 0u);
}

TEST(DocumentReaderTest, ReadsThatAnswersAskForGoAlongInOneMessageOnTheSameStream) {
  FakeVault vault;
  Reads reads(vault.NewReader());
  reads.reader->Get(Named("first"), [&](const DocumentReader::Result&) {
    for (int i = 0; i < 300; ++i) reads.Ask("next");
  });
  const auto first = vault.asked.Take();
  FakeVault::Answer(first);
  const auto second = vault.asked.Take();
  EXPECT_EQ(second.request.reads_size(), 256);
  EXPECT_EQ(second.session, first.session);
  const auto third = vault.asked.Take();
  EXPECT_EQ(third.request.reads_size(), 44);
  FakeVault::Answer(second);
  FakeVault::Answer(third);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(reads.Take(), "next");
}

TEST(DocumentReaderTest, WhatWaitsWhenTheStreamBreaksIsAskedOnceMoreByGetAndTheNextByStream) {
  FakeVault vault;
  Reads reads(vault.NewReader());
  reads.Ask("a");
  FakeVault::Answer(vault.asked.Take());
  EXPECT_EQ(reads.Take(), "a");
  reads.Ask("b");
  const auto lost = vault.asked.Take();
  lost.session->Finish(MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "bye"));
  EXPECT_EQ(reads.Take(), "by get");
  EXPECT_EQ(vault.gets.Take(), "b");
  reads.Ask("c");
  const auto again = vault.asked.Take();
  EXPECT_NE(again.session, lost.session);
  FakeVault::Answer(again);
  EXPECT_EQ(reads.Take(), "c");
}

TEST(DocumentReaderTest, AnOlderVaultIsAskedByGet) {
  FakeVault vault(/*knows_streams=*/false);
  Reads reads(vault.NewReader());
  for (int i = 0; i < 3; ++i) {
    reads.Ask("a");
    EXPECT_EQ(reads.Take(), "by get");
  }
  EXPECT_EQ(vault.gets.size(), 3u);
  EXPECT_EQ(vault.ended.size(), 1u);
}

TEST(DocumentReaderTest, AVaultThatIsNotThereIsUnavailable) {
  Reads reads(
      DocumentReader::Make(v1::Documents::NewStub(rpc::MakeInsecureChannel("127.0.0.1:1"))));
  reads.Ask("a");
  EXPECT_EQ(reads.results.Take().status().code(), absl::StatusCode::kUnavailable);
}

TEST(DocumentReaderTest, AReadWithoutAnAnswerEndsByItsDeadlineAndALateAnswerIsIgnored) {
  FakeVault vault;
  Reads reads(vault.NewReader({.timeout = absl::Milliseconds(50)}));
  reads.Ask("a");
  const auto asked = vault.asked.Take();
  EXPECT_EQ(reads.Take(), "READ_UNANSWERED");
  FakeVault::Answer(asked);
  reads.Ask("b");
  FakeVault::Answer(vault.asked.Take());
  // On a slow machine its own time may be over before.
  (void)reads.Take();
  EXPECT_EQ(reads.results.size(), 0u);
}

TEST(DocumentReaderTest, MoreReadsThanMayWaitAreRefused) {
  FakeVault vault;
  Reads reads(vault.NewReader({.max_waiting = 2}));
  reads.Ask("a");
  reads.Ask("b");
  reads.Ask("c");
  EXPECT_EQ(reads.Take(), "TOO_MANY_READS_WAIT");
}

TEST(DocumentReaderTest, StopAnswersWhatWaitsAndWhatComesLater) {
  FakeVault vault;
  Reads reads(vault.NewReader());
  reads.Ask("a");
  (void)vault.asked.Take();
  reads.reader->Stop();
  EXPECT_EQ(reads.Take(), "CANCELLED");
  reads.Ask("b");
  EXPECT_EQ(reads.Take(), "CANCELLED");
}

TEST(DocumentReaderTest, StopWaitsForAnAnswerThatRuns) {
  FakeVault vault;
  const auto reader = vault.NewReader();
  absl::Notification runs;
  absl::Notification go_on;
  bool over = false;
  reader->Get(Named("a"), [&](const DocumentReader::Result&) {
    runs.Notify();
    go_on.WaitForNotification();
    over = true;
  });
  FakeVault::Answer(vault.asked.Take());
  runs.WaitForNotification();
  std::thread stopper([&] {
    reader->Stop();
    EXPECT_TRUE(over);
  });
  go_on.Notify();
  stopper.join();
}

TEST(DocumentReaderTest, AStreamWithoutReadsIsClosedAndOpenedAgainForTheNext) {
  FakeVault vault;
  Reads reads(vault.NewReader({.timeout = absl::Milliseconds(50)}));
  reads.Ask("a");
  FakeVault::Answer(vault.asked.Take());
  (void)reads.Take();
  EXPECT_TRUE(vault.ended.Take().ok());
  reads.Ask("b");
  FakeVault::Answer(vault.asked.Take());
}

TEST(DocumentReaderTest, AReaderThatIsLetGoOfStillAnswers) {
  FakeVault vault;
  Inbox<bool> got;
  vault.NewReader()->Get(Named("a"),
                         [&](const DocumentReader::Result& result) { got.Put(result.ok()); });
  FakeVault::Answer(vault.asked.Take());
  EXPECT_TRUE(got.Take());
}

}  // namespace
}  // namespace understudy::vault
