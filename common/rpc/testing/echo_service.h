#ifndef UNDERSTUDY_COMMON_RPC_TESTING_ECHO_SERVICE_H_
#define UNDERSTUDY_COMMON_RPC_TESTING_ECHO_SERVICE_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/server_session.h"
#include "common/rpc/server_stream.h"
#include "common/rpc/testing/echo.grpc.pb.h"
#include "common/rpc/unary.h"

namespace understudy::rpc::testing {

inline constexpr char kEchoDomain[] = "echo.understudy";

// Answers by what it is told: the text "fail" with ABORTED SAID_SO (metadata: word), "internal"
// with INTERNAL, "drop" by dropping the reply, "keep" by keeping it for the test, anything else
// with the same text.
class EchoService final : public Echo::CallbackService {
 public:
  using Stream = ServerStream<WatchResponse>;
  using Session = ServerSession<TalkRequest, TalkResponse>;

  struct Options {
    size_t max_queue = 1024;
    StreamGroup* group = nullptr;
    bool read_on_demand = false;
  };
  EchoService() : EchoService(Options()) {}
  explicit EchoService(const Options& options) : options_(options) {}

  grpc::ServerUnaryReactor* Say(grpc::CallbackServerContext* context, const SayRequest* request,
                                SayResponse* response) override;
  grpc::ServerWriteReactor<WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                 const WatchRequest* request) override;
  grpc::ServerBidiReactor<TalkRequest, TalkResponse>* Talk(
      grpc::CallbackServerContext* context) override;

  // Waits for the next one that was opened, kept or has ended.
  std::shared_ptr<Stream> AwaitStream();
  std::shared_ptr<Session> AwaitSession();
  UnaryReply<SayResponse> AwaitKept();
  absl::Status AwaitDone();
  // Drops what is kept, and from now on what would be: a server waits for every reply.
  void StopKeeping();

 private:
  StreamOptions MakeStreamOptions();

  const Options options_;
  absl::Mutex mutex_;
  std::vector<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Session>> sessions_ ABSL_GUARDED_BY(mutex_);
  std::vector<UnaryReply<SayResponse>> kept_ ABSL_GUARDED_BY(mutex_);
  bool keeps_ ABSL_GUARDED_BY(mutex_) = true;
  std::vector<absl::Status> done_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::rpc::testing

#endif  // UNDERSTUDY_COMMON_RPC_TESTING_ECHO_SERVICE_H_
