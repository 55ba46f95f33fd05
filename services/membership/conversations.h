#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_CONVERSATIONS_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_CONVERSATIONS_H_

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "absl/status/status.h"
#include "common/executor/executor.h"
#include "common/metrics/metrics.h"
#include "common/rpc/server_session.h"
#include "common/rpc/stream_group.h"
#include "services/membership/membership_runner.h"
#include "understudy/membership/v1/membership.pb.h"

namespace understudy::membership {

// The streams that stations talk on. One per session: a newer one ends an older one. Lives on the
// runner's executor, but for Open.
class Conversations {
 public:
  using Stream = rpc::ServerSession<v1::StationMessage, v1::MembershipMessage>;

  // All must outlive this; `runner` is set later, since it needs a listener first.
  Conversations(Executor& executor, rpc::StreamGroup& group, metrics::Gauge streams)
      : executor_(executor), group_(group), streams_(streams) {}
  void SetRunner(MembershipRunner& runner) { runner_ = &runner; }

  // A station calls. Any thread.
  std::shared_ptr<Stream> Open();

  // Ends the session's stream with FAILED_PRECONDITION SESSION_ENDED.
  void OnSessionEnded(uint64_t session_id);
  void EndAll(const absl::Status& status);

 private:
  // What is known of one stream. Only `waiting` is touched from other threads.
  struct Conversation;

  // Any thread.
  void OnMessage(const std::shared_ptr<Conversation>& conversation,
                 const std::shared_ptr<Stream>& stream, v1::StationMessage message);
  absl::Status Handle(Conversation& conversation, const std::shared_ptr<Stream>& stream,
                      const v1::StationMessage& message);
  absl::Status HandleHello(Conversation& conversation, const std::shared_ptr<Stream>& stream,
                           const v1::Hello& hello);
  absl::Status HandleBeat(const Conversation& conversation, Stream& stream, const v1::Beat& beat);
  absl::Status HandleReport(const Conversation& conversation, const v1::StationReport& report);
  void Close(const Conversation& conversation);
  void Publish() const { streams_.Set(static_cast<double>(by_session_.size())); }

  Executor& executor_;
  rpc::StreamGroup& group_;
  const metrics::Gauge streams_;
  MembershipRunner* runner_ = nullptr;
  struct Entry {
    const Conversation* conversation;
    std::shared_ptr<Stream> stream;
  };
  std::unordered_map<uint64_t, Entry> by_session_;
};

inline constexpr char kErrorDomain[] = "membership.understudy";

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_CONVERSATIONS_H_
