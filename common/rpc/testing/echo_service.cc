#include "common/rpc/testing/echo_service.h"

#include <string>
#include <utility>

#include "common/status/status.h"

namespace understudy::rpc::testing {
namespace {

template <typename Item>
Item Take(absl::Mutex& mutex, std::vector<Item>& items) {
  const auto has_one = [&items] { return !items.empty(); };
  absl::MutexLock lock(&mutex, absl::Condition(&has_one));
  Item item = std::move(items.front());
  items.erase(items.begin());
  return item;
}

WatchResponse Numbered(uint32_t number, uint32_t size) {
  WatchResponse response;
  response.set_number(number);
  response.set_filling(std::string(size, 'x'));
  return response;
}

}  // namespace

grpc::ServerUnaryReactor* EchoService::Say(grpc::CallbackServerContext* context,
                                           const SayRequest* request, SayResponse* response) {
  UnaryReply<SayResponse> reply(context, response, kEchoDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  if (request->text() == "fail") {
    reply.Fail(
        MakeError(absl::StatusCode::kAborted, "SAID_SO", "said to fail", {{"word", "fail"}}));
  } else if (request->text() == "internal") {
    reply.Fail(absl::InternalError("broken inside"));
  } else if (request->text() == "keep") {
    absl::MutexLock lock(&mutex_);
    if (keeps_) kept_.push_back(std::move(reply));
  } else if (request->text() != "drop") {
    SayResponse said;
    said.set_text(request->text());
    reply.Finish(std::move(said));
  }
  return reactor;
}

StreamOptions EchoService::MakeStreamOptions() {
  StreamOptions options;
  options.domain = kEchoDomain;
  options.max_queue = options_.max_queue;
  options.group = options_.group;
  options.read_on_demand = options_.read_on_demand;
  options.on_done = [this](const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    done_.push_back(status);
  };
  return options;
}

grpc::ServerWriteReactor<WatchResponse>* EchoService::Watch(grpc::CallbackServerContext*,
                                                            const WatchRequest* request) {
  auto stream = Stream::Make(MakeStreamOptions());
  for (uint32_t number = 1; number <= request->count(); ++number) {
    stream->Send(Numbered(number, request->size()));
  }
  absl::MutexLock lock(&mutex_);
  streams_.push_back(stream);
  return stream.get();
}

grpc::ServerBidiReactor<TalkRequest, TalkResponse>* EchoService::Talk(
    grpc::CallbackServerContext* context) {
  StreamOptions options = MakeStreamOptions();
  options.context = context;
  auto session = Session::Make(
      [](const std::shared_ptr<Session>& from, TalkRequest request) {
        TalkResponse response;
        response.set_text(request.text());
        from->Send(std::move(response));
      },
      std::move(options));
  absl::MutexLock lock(&mutex_);
  sessions_.push_back(session);
  return session.get();
}

std::shared_ptr<EchoService::Stream> EchoService::AwaitStream() { return Take(mutex_, streams_); }
std::shared_ptr<EchoService::Session> EchoService::AwaitSession() {
  return Take(mutex_, sessions_);
}
UnaryReply<SayResponse> EchoService::AwaitKept() { return Take(mutex_, kept_); }
void EchoService::StopKeeping() {
  absl::MutexLock lock(&mutex_);
  keeps_ = false;
  kept_.clear();
}
absl::Status EchoService::AwaitDone() { return Take(mutex_, done_); }

}  // namespace understudy::rpc::testing
