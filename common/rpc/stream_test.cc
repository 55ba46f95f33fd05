#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/rpc/client_reader.h"
#include "common/rpc/client_stream.h"
#include "common/rpc/testing/inbox.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/status.h"

namespace understudy::rpc {
namespace {

using testing::Echo;
using testing::Inbox;
using testing::TalkRequest;
using testing::TalkResponse;
using testing::TestServer;
using testing::WatchRequest;
using testing::WatchResponse;

using Reader = ClientReader<WatchResponse>;
using Stream = ClientStream<TalkRequest, TalkResponse>;

TalkRequest Saying(const std::string& text) {
  TalkRequest request;
  request.set_text(text);
  return request;
}

WatchResponse Filled(size_t size) {
  WatchResponse response;
  response.set_filling(std::string(size, 'x'));
  return response;
}

// A watcher and what it got.
struct Watcher {
  explicit Watcher(TestServer& server, uint32_t count = 0) {
    WatchRequest request;
    request.set_count(count);
    reader = Reader::Start(server.async(), &Echo::Stub::async::Watch, request,
                           {.on_message = [this](WatchResponse r) { got.Put(r.number()); },
                            .on_done = [this](const absl::Status& s) { done.Put(s); }});
  }
  ~Watcher() {
    if (ended) return;
    reader->Cancel();
    EXPECT_FALSE(done.Take().ok());
  }
  absl::Status AwaitDone() {
    ended = true;
    return done.Take();
  }

  Inbox<uint32_t> got;
  Inbox<absl::Status> done;
  std::shared_ptr<Reader> reader;
  bool ended = false;
};

// A talker and what it got.
struct Talker {
  explicit Talker(TestServer& server, size_t max_queue = 1024) {
    Stream::Options options;
    options.on_message = [this](TalkResponse response) { got.Put(response.text()); };
    options.on_done = [this](const absl::Status& status) { done.Put(status); };
    options.max_queue = max_queue;
    stream = Stream::Start(server.async(), &Echo::Stub::async::Talk, std::move(options));
  }

  Inbox<std::string> got;
  Inbox<absl::Status> done;
  std::shared_ptr<Stream> stream;
};

TEST(ServerStreamTest, SendsWhatIsQueuedInOrder) {
  TestServer server;
  Watcher watcher(server, 100);
  for (uint32_t number = 1; number <= 100; ++number) EXPECT_EQ(watcher.got.Take(), number);
}

TEST(ServerStreamTest, SendsQueuedMessagesBeforeItsFinalStatus) {
  TestServer server;
  Watcher watcher(server, 10);
  server.echo().AwaitStream()->Finish(
      MakeError(absl::StatusCode::kAborted, "ENOUGH", "that is all"));
  const absl::Status status = watcher.AwaitDone();
  EXPECT_EQ(ErrorReason(status), "ENOUGH");
  EXPECT_EQ(ErrorDomain(status), "echo.understudy");
  EXPECT_EQ(watcher.got.size(), 10u);
}

TEST(ServerStreamTest, RefusesMessagesAfterItsEnd) {
  TestServer server;
  Watcher watcher(server);
  const auto stream = server.echo().AwaitStream();
  EXPECT_TRUE(stream->is_open());
  stream->Finish(absl::OkStatus());
  EXPECT_FALSE(stream->Send(Filled(1)));
  EXPECT_TRUE(watcher.AwaitDone().ok());
  EXPECT_TRUE(server.echo().AwaitDone().ok());
  // gRPC has let go of it; this handle is still good.
  EXPECT_FALSE(stream->Send(Filled(1)));
  EXPECT_FALSE(stream->is_open());
  stream->Finish(absl::OkStatus());
}

TEST(ServerStreamTest, EndsAWatcherThatReadsTooSlowly) {
  TestServer server({.max_queue = 8});
  // The reader blocks in its first message until the server has given up.
  absl::Notification gave_up;
  Inbox<absl::Status> done;
  WatchRequest request;
  request.set_count(1);
  Reader::Start(server.async(), &Echo::Stub::async::Watch, request,
                {.on_message = [&](WatchResponse) { gave_up.WaitForNotification(); },
                 .on_done = [&](const absl::Status& status) { done.Put(status); }});
  const auto stream = server.echo().AwaitStream();
  // Large, so that buffers on the way fill up.
  while (stream->Send(Filled(1 << 20))) {
  }
  EXPECT_EQ(stream->queue_length(), 0u);
  gave_up.Notify();
  const absl::Status status = done.Take();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(status), "WATCH_TOO_SLOW");
  EXPECT_EQ(ErrorReason(server.echo().AwaitDone()), "WATCH_TOO_SLOW");
}

TEST(ServerStreamTest, TellsItsOwnerThatTheCallerWentAway) {
  TestServer server;
  Watcher watcher(server);
  const auto stream = server.echo().AwaitStream();
  watcher.reader->Cancel();
  EXPECT_EQ(server.echo().AwaitDone().code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(stream->Send(Filled(1)));
}

TEST(StreamGroupTest, EndsOpenStreamsAndLaterOnes) {
  StreamGroup group;
  TestServer server({.group = &group});
  Watcher early(server);
  server.echo().AwaitStream();
  EXPECT_EQ(group.size(), 1u);
  group.EndAll(MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "bye"));
  EXPECT_EQ(ErrorReason(early.AwaitDone()), "SHUTTING_DOWN");
  Watcher late(server);
  EXPECT_EQ(ErrorReason(late.AwaitDone()), "SHUTTING_DOWN");
  EXPECT_EQ(ErrorReason(server.echo().AwaitDone()), "SHUTTING_DOWN");
  EXPECT_EQ(ErrorReason(server.echo().AwaitDone()), "SHUTTING_DOWN");
  EXPECT_EQ(group.size(), 0u);
}

TEST(ServerSessionTest, AnswersEachMessage) {
  TestServer server;
  Talker talker(server);
  talker.stream->Send(Saying("one"));
  talker.stream->Send(Saying("two"));
  EXPECT_EQ(talker.got.Take(), "one");
  EXPECT_EQ(talker.got.Take(), "two");
  talker.stream->HalfClose();
  EXPECT_TRUE(talker.done.Take().ok());
  EXPECT_TRUE(server.echo().AwaitDone().ok());
}

TEST(ServerSessionTest, SendsOfItsOwnAccordAndEndsTheSession) {
  TestServer server;
  Talker talker(server);
  const auto session = server.echo().AwaitSession();
  TalkResponse response;
  response.set_text("unasked");
  EXPECT_TRUE(session->Send(response));
  session->Finish(MakeError(absl::StatusCode::kAborted, "REPLACED", "another stream"));
  EXPECT_EQ(talker.got.Take(), "unasked");
  EXPECT_EQ(ErrorReason(talker.done.Take()), "REPLACED");
  EXPECT_FALSE(session->Send(response));
}

TEST(ServerSessionTest, TellsItsOwnerThatTheCallerCancelled) {
  TestServer server;
  Talker talker(server);
  const auto session = server.echo().AwaitSession();
  talker.stream->Cancel();
  EXPECT_EQ(talker.done.Take().code(), absl::StatusCode::kCancelled);
  // Whichever of cancellation and end of messages gRPC reports first.
  EXPECT_EQ(server.echo().AwaitDone().code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(session->is_open());
}

TEST(ServerSessionTest, ReadsOnDemandWhenToldTo) {
  TestServer server({.read_on_demand = true});
  Talker talker(server);
  const auto session = server.echo().AwaitSession();
  for (const char* text : {"one", "two", "three"}) talker.stream->Send(Saying(text));
  EXPECT_EQ(talker.got.Take(), "one");
  session->ReadNext();
  EXPECT_EQ(talker.got.Take(), "two");
  session->ReadNext();
  EXPECT_EQ(talker.got.Take(), "three");
  session->ReadNext();
  // It is waiting for a message already.
  session->ReadNext();
  talker.stream->HalfClose();
  EXPECT_TRUE(talker.done.Take().ok());
  EXPECT_TRUE(server.echo().AwaitDone().ok());
  session->ReadNext();
}

TEST(ServerSessionTest, NoticesCancellationWithoutReading) {
  TestServer server({.read_on_demand = true});
  Talker talker(server);
  server.echo().AwaitSession();
  talker.stream->Send(Saying("one"));
  EXPECT_EQ(talker.got.Take(), "one");
  talker.stream->Cancel();
  EXPECT_EQ(server.echo().AwaitDone().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(talker.done.Take().code(), absl::StatusCode::kCancelled);
}

TEST(ClientStreamTest, RefusesMessagesAfterItsEnd) {
  TestServer server;
  Talker talker(server);
  server.echo().AwaitSession()->Finish(absl::OkStatus());
  EXPECT_TRUE(talker.done.Take().ok());
  EXPECT_FALSE(talker.stream->Send(Saying("too late")));
  EXPECT_FALSE(talker.stream->is_open());
  talker.stream->Cancel();
  talker.stream->HalfClose();
}

TEST(ClientStreamTest, EndsWhenItsQueueIsFull) {
  TestServer server;
  Talker talker(server, 4);
  // The echo comes back until this side's callbacks cannot keep up; queueing is instant.
  while (talker.stream->Send(Saying(std::string(1 << 20, 'x')))) {
  }
  const absl::Status status = talker.done.Take();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(status), "SEND_QUEUE_FULL");
}

TEST(ClientStreamTest, ReportsAServerThatIsNotThere) {
  const auto stub = Echo::NewStub(MakeInsecureChannel("127.0.0.1:1"));
  Inbox<absl::Status> done;
  Stream::Options options;
  options.on_done = [&](const absl::Status& status) { done.Put(status); };
  const auto stream = Stream::Start(*stub->async(), &Echo::Stub::async::Talk, std::move(options));
  EXPECT_EQ(done.Take().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(stream->Send(Saying("hello")));
}

TEST(ClientStreamTest, SendsQueuedMessagesBeforeHalfClosing) {
  TestServer server;
  Talker talker(server);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(talker.stream->Send(Saying(std::to_string(i))));
  talker.stream->HalfClose();
  EXPECT_FALSE(talker.stream->Send(Saying("too late")));
  EXPECT_TRUE(talker.done.Take().ok());
  EXPECT_EQ(talker.got.size(), 50u);
}

}  // namespace
}  // namespace understudy::rpc
