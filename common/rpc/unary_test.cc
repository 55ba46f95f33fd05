#include "common/rpc/unary.h"

#include <gtest/gtest.h>

#include "common/rpc/client_call.h"
#include "common/rpc/testing/inbox.h"
#include "common/rpc/testing/test_server.h"

namespace understudy::rpc {
namespace {

using testing::Echo;
using testing::Inbox;
using testing::SayRequest;
using testing::SayResponse;
using testing::TestServer;

// Longer than any test may take: its end is never seen.
constexpr absl::Duration kLong = absl::Minutes(10);

SayRequest Saying(const std::string& text) {
  SayRequest request;
  request.set_text(text);
  return request;
}

absl::StatusOr<SayResponse> Say(TestServer& server, const std::string& text) {
  return CallUnaryAndWait(server.async(), &Echo::Stub::async::Say, Saying(text), kLong);
}

TEST(UnaryReplyTest, AnswersWithTheResponse) {
  TestServer server;
  const auto response = Say(server, "hello");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->text(), "hello");
}

TEST(UnaryReplyTest, AnswersLaterFromAnotherThread) {
  TestServer server;
  Inbox<absl::StatusOr<SayResponse>> answers;
  CallUnary(server.async(), &Echo::Stub::async::Say, Saying("keep"), kLong,
            [&](absl::StatusOr<SayResponse> answer) { answers.Put(std::move(answer)); });
  UnaryReply<SayResponse> reply = server.echo().AwaitKept();
  EXPECT_FALSE(reply.IsCancelled());
  SayResponse response;
  response.set_text("at last");
  reply.Finish(response);
  const auto answer = answers.Take();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->text(), "at last");
}

TEST(UnaryReplyTest, CarriesReasonDomainAndMetadataOfAnError) {
  TestServer server;
  const absl::Status status = Say(server, "fail").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status.message(), "said to fail");
  EXPECT_EQ(ErrorReason(status), "SAID_SO");
  EXPECT_EQ(ErrorDomain(status), "echo.understudy");
  EXPECT_EQ(ErrorMetadata(status).at("word"), "fail");
}

TEST(UnaryReplyTest, FinishesACallWhoseReplyWasDropped) {
  TestServer server;
  const absl::Status status = Say(server, "drop").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ErrorReason(status), "REPLY_DROPPED");
}

TEST(UnaryReplyTest, FinishesTheReplyThatAnAssignmentReplaces) {
  TestServer server;
  Inbox<absl::StatusOr<SayResponse>> answers;
  const auto keep = [&] {
    CallUnary(server.async(), &Echo::Stub::async::Say, Saying("keep"), kLong,
              [&](absl::StatusOr<SayResponse> answer) { answers.Put(std::move(answer)); });
    return server.echo().AwaitKept();
  };
  UnaryReply<SayResponse> reply = keep();
  reply = keep();
  EXPECT_EQ(ErrorReason(answers.Take().status()), "REPLY_DROPPED");
  reply.Finish(SayResponse());
  EXPECT_TRUE(answers.Take().ok());
}

TEST(UnaryReplyTest, AnswersACancelledCallSafely) {
  TestServer server;
  Inbox<absl::StatusOr<SayResponse>> answers;
  const CallHandle call =
      CallUnary(server.async(), &Echo::Stub::async::Say, Saying("keep"), kLong,
                [&](absl::StatusOr<SayResponse> answer) { answers.Put(std::move(answer)); });
  UnaryReply<SayResponse> reply = server.echo().AwaitKept();
  call.Cancel();
  EXPECT_EQ(answers.Take().status().code(), absl::StatusCode::kCancelled);
  reply.Finish(SayResponse());
  reply.Fail(absl::InternalError("a second answer is ignored"));
  // The server is well.
  EXPECT_TRUE(Say(server, "hello").ok());
}

TEST(ClientCallTest, EndsAtItsDeadline) {
  TestServer server;
  const auto answer = CallUnaryAndWait(server.async(), &Echo::Stub::async::Say, Saying("keep"),
                                       absl::Milliseconds(1));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ClientCallTest, FailsWhenNobodyListens) {
  const auto stub = Echo::NewStub(MakeInsecureChannel("127.0.0.1:1"));
  const auto answer =
      CallUnaryAndWait(*stub->async(), &Echo::Stub::async::Say, Saying("hello"), kLong);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
}

TEST(ClientCallTest, OutlivesItsStub) {
  TestServer server;
  Inbox<absl::StatusOr<SayResponse>> answers;
  {
    const auto stub = Echo::NewStub(server.NewChannel());
    CallUnary(*stub->async(), &Echo::Stub::async::Say, Saying("keep"), kLong,
              [&](absl::StatusOr<SayResponse> answer) { answers.Put(std::move(answer)); });
  }
  server.echo().AwaitKept().Finish(SayResponse());
  EXPECT_TRUE(answers.Take().ok());
}

TEST(ClientCallTest, ReleasesTheLastChannelOfTheProcessOnGrpcsOwnThread) {
  for (int i = 0; i < 100; ++i) {
    Inbox<absl::Status> answers;
    {
      const auto stub = Echo::NewStub(MakeInsecureChannel("127.0.0.1:1"));
      CallUnary(*stub->async(), &Echo::Stub::async::Say, Saying("hello"), kLong,
                [&](absl::StatusOr<SayResponse> answer) { answers.Put(answer.status()); });
    }
    EXPECT_EQ(answers.Take().code(), absl::StatusCode::kUnavailable);
  }
}

TEST(ClientCallTest, CancellingACallThatIsOverDoesNothing) {
  CallHandle().Cancel();
  TestServer server;
  Inbox<bool> answers;
  const CallHandle call =
      CallUnary(server.async(), &Echo::Stub::async::Say, Saying("hello"), kLong,
                [&](absl::StatusOr<SayResponse> answer) { answers.Put(answer.ok()); });
  EXPECT_TRUE(answers.Take());
  call.Cancel();
}

}  // namespace
}  // namespace understudy::rpc
