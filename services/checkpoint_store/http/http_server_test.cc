#include "services/checkpoint_store/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/testing/eventually.h"
#include "common/time/simulated_clock.h"
#include "services/checkpoint_store/testing/raw_client.h"

namespace understudy::checkpoint_store {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Answers with what it was asked; keeps requests for "/wait" until it is told to go on.
class EchoHandler final : public HttpHandler {
 public:
  void Handle(HttpRequest request, const HttpPeer&, Respond respond) override {
    HttpAnswer answer{.headers = {{"Next-Id", "abcd"}}, .content_type = "text/plain"};
    answer.body = request.method + " " + request.target + " " + request.body;
    if (request.target != "/wait") return respond(std::move(answer));
    absl::MutexLock lock(&mutex_);
    waiting_ = [respond = std::move(respond), answer = std::move(answer)]() mutable {
      respond(std::move(answer));
    };
    ++waits_;
  }
  void GoOn() {
    absl::AnyInvocable<void()> waiting;
    {
      absl::MutexLock lock(&mutex_);
      waiting = std::move(waiting_);
    }
    waiting();
  }
  int waits() {
    absl::MutexLock lock(&mutex_);
    return waits_;
  }

 private:
  absl::Mutex mutex_;
  absl::AnyInvocable<void()> waiting_ ABSL_GUARDED_BY(mutex_);
  int waits_ ABSL_GUARDED_BY(mutex_) = 0;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    options.listen = "127.0.0.1:0";
    server_ = *HttpServer::Start(options, handler_, metrics_, clock_);
  }
  int port() const { return server_->port(); }

  SimulatedClock clock_;
  metrics::Registry registry_;
  StoreMetrics metrics_{registry_};
  EchoHandler handler_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersRequestsOfOneConnectionInTurn) {
  Start();
  RawClient client(port());
  client.Send("GET /a HTTP/1.1\r\n\r\n");
  const std::string first = client.ReadAnswer();
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("Next-Id: abcd\r\n"));
  EXPECT_THAT(first, HasSubstr("\r\n\r\nGET /a "));
  client.Send("POST /b HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("POST /b body"));
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  RawClient client(port());
  client.Send(
      "GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"
      "GET /3 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /1"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("POST /2 x"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /3"));
}

TEST_F(HttpServerTest, AHeadHasNoBody) {
  Start();
  RawClient client(port());
  client.Send("HEAD /a HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string all = client.ReadToEnd();
  EXPECT_THAT(all, ::testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, ClosesWhenAskedToAndForHttp10) {
  Start();
  RawClient client(port());
  client.Send("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("Connection: close"));
  RawClient old(port());
  old.Send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.ReadToEnd(), HasSubstr("GET /a"));
}

TEST_F(HttpServerTest, TakesChunkedBodiesAndAnswersExpect) {
  Start();
  RawClient client(port());
  client.Send(
      "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("POST /a abc"));
  client.Send("POST /a HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  client.Send("xy");
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("POST /a xy"));
}

TEST_F(HttpServerTest, WhatIsNoHttpIsRefusedAndClosed) {
  Start();
  RawClient client(port());
  client.Send("\x16\x03\x01 this is TLS\r\n\r\n");
  const std::string answer = client.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("Reason: BAD_REQUEST"));
  EXPECT_EQ(metrics_.bad_requests.Value(), 1);
}

TEST_F(HttpServerTest, HeadersAndBodiesAreBounded) {
  HttpServerOptions options;
  options.max_body_bytes = 100;
  Start(options);
  RawClient headers(port());
  headers.Send("GET /a HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n");
  EXPECT_THAT(headers.ReadToEnd(), HasSubstr("Reason: HEADERS_TOO_LARGE"));
  RawClient body(port());
  body.Send("POST /a HTTP/1.1\r\nContent-Length: 101\r\n\r\n");
  EXPECT_THAT(body.ReadToEnd(), HasSubstr("Reason: CHECKPOINT_TOO_LARGE"));
  RawClient chunks(port());
  chunks.Send("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
              std::string(101, 'x') + "\r\n0\r\n\r\n");
  EXPECT_THAT(chunks.ReadToEnd(), HasSubstr("Reason: CHECKPOINT_TOO_LARGE"));
}

TEST_F(HttpServerTest, WhoSendsTooMuchStillGetsTheAnswerToIt) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  Start(options);
  RawClient client(port());
  const std::string body(4 << 20, 'x');
  client.Send("POST /1 HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  client.Send(body);
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("CHECKPOINT_TOO_LARGE"));
}

TEST_F(HttpServerTest, ASlowHeaderIsToldThatItsTimeIsOver) {
  Start();
  RawClient client(port());
  client.Send("GET /a HTTP/1.1\r\nX: sl");
  ASSERT_TRUE(testing::Eventually([&] {
    clock_.Advance(absl::Seconds(11));
    return metrics_.connections_timed_out.Value() == 1;
  }));
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("Reason: REQUEST_TIMEOUT"));
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosed) {
  Start();
  RawClient client(port());
  client.Send("GET /a HTTP/1.1\r\n\r\n");
  (void)client.ReadAnswer();
  ASSERT_TRUE(testing::Eventually([&] {
    clock_.Advance(absl::Seconds(61));
    return metrics_.connections_timed_out.Value() == 1;
  }));
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(HttpServerTest, ARequestThatIsWorkedOnHasNoTimeLimit) {
  Start();
  RawClient client(port());
  client.Send("GET /wait HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(testing::Eventually([&] { return handler_.waits() == 1; }));
  clock_.Advance(absl::Hours(1));
  RawClient idle(port());
  ASSERT_TRUE(testing::Eventually([&] {
    clock_.Advance(absl::Hours(1));
    return metrics_.connections_timed_out.Value() == 1;
  }));
  handler_.GoOn();
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /wait"));
}

TEST_F(HttpServerTest, ConnectionsAreBoundedInAllAndPerSource) {
  HttpServerOptions options;
  options.max_connections = 2;
  Start(options);
  RawClient first(port());
  RawClient second(port());
  first.Send("GET /1 HTTP/1.1\r\n\r\n");
  second.Send("GET /2 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(first.ReadAnswer(), HasSubstr("GET /1"));
  EXPECT_THAT(second.ReadAnswer(), HasSubstr("GET /2"));
  RawClient third(port());
  EXPECT_EQ(third.ReadToEnd(), "");
  EXPECT_EQ(metrics_.connections_refused.Value(), 1);
  first.Send("GET /1 HTTP/1.1\r\nConnection: close\r\n\r\n");
  (void)first.ReadToEnd();
  EXPECT_TRUE(testing::Eventually([&] {
    RawClient again(port());
    again.Send("GET /4 HTTP/1.1\r\n\r\n");
    return !again.ReadAnswer().empty();
  }));
}

TEST_F(HttpServerTest, StoppingLetsARequestUnderWayEnd) {
  Start();
  RawClient client(port());
  client.Send("GET /wait HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(testing::Eventually([&] { return handler_.waits() == 1; }));
  std::thread stopping([&] { server_->Stop(absl::Seconds(60)); });
  handler_.GoOn();
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("GET /wait"));
  stopping.join();
}

TEST_F(HttpServerTest, StoppingWaitsNoLongerThanTheGrace) {
  Start();
  RawClient client(port());
  client.Send("GET /wait HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(testing::Eventually([&] { return handler_.waits() == 1; }));
  server_->Stop(absl::ZeroDuration());
  handler_.GoOn();
  server_.reset();
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(HttpServerTest, AnAddressThatIsTakenIsAnError) {
  Start();
  const auto second = HttpServer::Start({.listen = "127.0.0.1:" + std::to_string(port())},
                                        handler_, metrics_, clock_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace understudy::checkpoint_store
