#include "services/membership/conversations.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/membership/membership_codec.h"

namespace understudy::membership {
namespace {

// Messages of one station that may wait for the core. A station sends a few per second.
constexpr int kMaxWaiting = 256;
// Messages to one station that may wait to be written.
constexpr size_t kMaxQueue = 256;

absl::Status SessionEnded() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "SESSION_ENDED",
                   "the session is over: join again");
}

absl::Status TooMany() {
  return MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_MESSAGES",
                   absl::StrCat("more than ", kMaxWaiting, " messages wait to be handled"));
}

}  // namespace

struct Conversations::Conversation {
  std::atomic<int> waiting = 0;
  // 0 before the hello.
  uint64_t session_id = 0;
};

std::shared_ptr<Conversations::Stream> Conversations::Open() {
  auto conversation = std::make_shared<Conversation>();
  return Stream::Make(
      [this, conversation](const std::shared_ptr<Stream>& stream, v1::StationMessage message) {
        OnMessage(conversation, stream, std::move(message));
      },
      {.domain = kErrorDomain,
       .max_queue = kMaxQueue,
       .on_done =
           [this, conversation](const absl::Status&) {
             executor_.Post([this, conversation] { Close(*conversation); });
           },
       .group = &group_});
}

void Conversations::OnMessage(const std::shared_ptr<Conversation>& conversation,
                              const std::shared_ptr<Stream>& stream, v1::StationMessage message) {
  if (++conversation->waiting > kMaxWaiting) return stream->Finish(TooMany());
  executor_.Post([this, conversation, stream, message = std::move(message)] {
    --conversation->waiting;
    if (!stream->is_open()) return;
    const absl::Status status = Handle(*conversation, stream, message);
    if (!status.ok()) stream->Finish(status);
  });
}

absl::Status Conversations::Handle(Conversation& conversation,
                                   const std::shared_ptr<Stream>& stream,
                                   const v1::StationMessage& message) {
  if (message.has_hello() != (conversation.session_id == 0)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "HELLO_EXPECTED",
                     "the first message, and no other, must be a hello");
  }
  switch (message.message_case()) {
    case v1::StationMessage::kHello:
      return HandleHello(conversation, stream, message.hello());
    case v1::StationMessage::kBeat:
      return HandleBeat(conversation, *stream, message.beat());
    case v1::StationMessage::kReport:
      return HandleReport(conversation, message.report());
    case v1::StationMessage::MESSAGE_NOT_SET:
      // Of a newer agent: what it says is not understood, that it speaks is.
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status Conversations::HandleHello(Conversation& conversation,
                                        const std::shared_ptr<Stream>& stream,
                                        const v1::Hello& hello) {
  UNDERSTUDY_RETURN_IF_ERROR(
      runner_->OpenStream(hello.station_id(), hello.session_id(), hello.proof()));
  Entry& entry = by_session_[hello.session_id()];
  if (entry.stream != nullptr) {
    entry.stream->Finish(MakeError(absl::StatusCode::kAborted, "STREAM_REPLACED",
                                   "the station has opened another stream"));
  }
  entry = {.conversation = &conversation, .stream = stream};
  conversation.session_id = hello.session_id();
  Publish();
  v1::MembershipMessage answer;
  answer.mutable_welcome()->set_epoch(runner_->epoch());
  stream->Send(std::move(answer));
  return absl::OkStatus();
}

absl::Status Conversations::HandleBeat(const Conversation& conversation, Stream& stream,
                                       const v1::Beat& beat) {
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const BeatResult result,
      runner_->StreamBeat(conversation.session_id, beat.sequence(),
                          static_cast<uint16_t>(beat.health() & kKnownFaults)));
  if (result != BeatResult::kOk) return absl::OkStatus();
  v1::MembershipMessage answer;
  answer.mutable_beat_answer()->set_sequence(beat.sequence());
  stream.Send(std::move(answer));
  return absl::OkStatus();
}

absl::Status Conversations::HandleReport(const Conversation& conversation,
                                         const v1::StationReport& report) {
  UNDERSTUDY_ASSIGN_OR_RETURN(StationReport decoded, DecodeReport(report));
  return runner_->Report(conversation.session_id, std::move(decoded));
}

void Conversations::Close(const Conversation& conversation) {
  const auto found = by_session_.find(conversation.session_id);
  if (found == by_session_.end() || found->second.conversation != &conversation) return;
  by_session_.erase(found);
  runner_->CloseStream(conversation.session_id);
  Publish();
}

void Conversations::OnSessionEnded(uint64_t session_id) {
  const auto found = by_session_.find(session_id);
  if (found == by_session_.end()) return;
  found->second.stream->Finish(SessionEnded());
  by_session_.erase(found);
  Publish();
}

void Conversations::EndAll(const absl::Status& status) {
  for (auto& [session_id, entry] : by_session_) entry.stream->Finish(status);
  by_session_.clear();
  Publish();
}

}  // namespace understudy::membership
