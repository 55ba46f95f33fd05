#include "services/station_agent/membership_session.h"

#include <grpcpp/channel.h>

#include <utility>

#include "common/rpc/backoff.h"
#include "common/rpc/client_call.h"
#include "common/rpc/client_stream.h"
#include "common/status/status.h"
#include "services/station_agent/membership_codec.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::station_agent {
namespace {

namespace wire = membership::v1;

using Stream = rpc::ClientStream<wire::StationMessage, wire::MembershipMessage>;

constexpr absl::Duration kJoinTimeout = absl::Seconds(3);
constexpr absl::Duration kLeaveTimeout = absl::Seconds(3);
constexpr rpc::BackoffPolicy kRejoin = {.initial = absl::Milliseconds(50),
                                        .maximum = absl::Seconds(2)};
constexpr rpc::BackoffPolicy kReopen = kRejoin;
// When a membership comes back, its stations must not all knock in the same moment.
constexpr absl::Duration kRejoinSpread = absl::Milliseconds(50);

class GrpcMembershipSession final : public MembershipSession {
 public:
  GrpcMembershipSession(const Clock& clock, Random& random, std::shared_ptr<Executor> executor,
                        std::shared_ptr<grpc::Channel> channel, std::string membership_host,
                        MembershipObserver& observer)
      : clock_(clock),
        random_(random),
        executor_(std::move(executor)),
        stub_(wire::Membership::NewStub(channel)),
        membership_host_(std::move(membership_host)),
        observer_(observer) {}
  ~GrpcMembershipSession() override {
    if (stream_ != nullptr) stream_->Cancel();
  }

  void Start() override { Join(); }

  void Stop() override {
    ++round_;
    CancelTimer();
    CloseStream();
    session_.reset();
  }

  uint64_t session_id() const override { return session_.has_value() ? session_->id : 0; }
  bool conversing() const override { return welcomed_; }

  void SendReport(const StationReport& report) override {
    if (stream_ != nullptr) stream_->Send(EncodeReport(report));
  }
  void SendBeat(uint64_t sequence, uint16_t health) override {
    if (stream_ != nullptr) stream_->Send(EncodeStreamBeat(sequence, health));
  }

  void OnSessionEnded(uint64_t session_id) override {
    if (!session_.has_value() || session_->id != session_id) return;
    EndSession(absl::UnavailableError("the session is over"));
  }

  void Leave(const std::string& reason, absl::AnyInvocable<void(absl::Status)> callback) override {
    wire::LeaveRequest request;
    request.set_station_id(observer_.MakeAnnouncement().station_id);
    request.set_session_id(session_id());
    request.set_reason(reason);
    rpc::CallUnary(
        *stub_->async(), &wire::Membership::Stub::async::Leave, std::move(request), kLeaveTimeout,
        [this, executor = executor_,
         callback = std::move(callback)](absl::StatusOr<wire::LeaveResponse> response) mutable {
          executor->Post(
              [this, status = response.status(), callback = std::move(callback)]() mutable {
                if (status.ok()) Stop();
                callback(status);
              });
        });
  }

 private:
  void CancelTimer() {
    if (timer_ != 0) executor_->Cancel(std::exchange(timer_, 0));
  }

  void JoinAfter(absl::Duration wait) {
    CancelTimer();
    timer_ = executor_->RunAt(clock_.SteadyNow() + wait, [this] { Join(); });
  }

  void Join() {
    timer_ = 0;
    const uint64_t round = ++round_;
    const SteadyTime sent_at = clock_.SteadyNow();
    announcement_ = observer_.MakeAnnouncement();
    rpc::CallUnary(
        *stub_->async(), &wire::Membership::Stub::async::Join, EncodeJoin(announcement_),
        kJoinTimeout,
        [this, executor = executor_, round, sent_at](absl::StatusOr<wire::JoinResponse> response) {
          executor->Post([this, round, sent_at, response = std::move(response)] {
            if (round == round_) OnJoinAnswer(sent_at, response);
          });
        });
  }

  void OnJoinAnswer(SteadyTime sent_at, const absl::StatusOr<wire::JoinResponse>& response) {
    absl::StatusOr<JoinedSession> session = response.ok()
                                                ? DecodeJoined(*response, membership_host_)
                                                : absl::StatusOr<JoinedSession>(response.status());
    if (!session.ok()) {
      observer_.OnJoinFailed(session.status());
      JoinAfter(join_backoff_.Next(random_));
      return;
    }
    join_backoff_.Reset();
    session_ = *std::move(session);
    session_->sent_at = sent_at;
    OpenStream();
    observer_.OnJoined(*session_);
  }

  void OpenStream() {
    timer_ = 0;
    const uint64_t round = ++round_;
    stream_ =
        Stream::Start(*stub_->async(), &wire::Membership::Stub::async::Converse,
                      {.on_message =
                           [this, executor = executor_, round](wire::MembershipMessage message) {
                             executor->Post([this, round, message = std::move(message)] {
                               if (round == round_) OnMessage(message);
                             });
                           },
                       .on_done =
                           [this, executor = executor_, round](const absl::Status& status) {
                             executor->Post([this, round, status] {
                               if (round == round_) OnStreamDone(status);
                             });
                           }});
    stream_->Send(EncodeConverseHello(announcement_.station_id, *session_));
  }

  void OnMessage(const wire::MembershipMessage& message) {
    if (message.has_welcome()) {
      welcomed_ = true;
      reopen_backoff_.Reset();
      observer_.OnConversing();
    } else if (message.has_beat_answer()) {
      observer_.OnStreamBeatAnswered(message.beat_answer().sequence());
    }
  }

  void OnStreamDone(const absl::Status& status) {
    stream_ = nullptr;
    welcomed_ = false;
    if (status.code() == absl::StatusCode::kFailedPrecondition) {
      EndSession(status);
      return;
    }
    timer_ = executor_->RunAt(clock_.SteadyNow() + reopen_backoff_.Next(random_),
                              [this] { OpenStream(); });
  }

  void CloseStream() {
    welcomed_ = false;
    if (stream_ != nullptr) std::exchange(stream_, nullptr)->Cancel();
  }

  void EndSession(const absl::Status& why) {
    ++round_;
    CloseStream();
    session_.reset();
    observer_.OnSessionOver(why);
    JoinAfter(random_.Between(absl::ZeroDuration(), kRejoinSpread));
  }

  const Clock& clock_;
  Random& random_;
  // Shared with callbacks, which may come late.
  const std::shared_ptr<Executor> executor_;
  const std::unique_ptr<wire::Membership::Stub> stub_;
  const std::string membership_host_;
  MembershipObserver& observer_;
  rpc::Backoff join_backoff_{kRejoin};
  rpc::Backoff reopen_backoff_{kReopen};
  JoinAnnouncement announcement_;
  std::optional<JoinedSession> session_;
  // Each call and stream belongs to one round; what an earlier one still says is of no interest.
  uint64_t round_ = 0;
  Executor::TimerId timer_ = 0;
  std::shared_ptr<Stream> stream_;
  // The stream's hello was accepted.
  bool welcomed_ = false;
};

}  // namespace

std::unique_ptr<MembershipSession> MakeGrpcMembershipSession(const Clock& clock, Random& random,
                                                             std::shared_ptr<Executor> executor,
                                                             std::shared_ptr<grpc::Channel> channel,
                                                             std::string membership_host,
                                                             MembershipObserver& observer) {
  return std::make_unique<GrpcMembershipSession>(
      clock, random, std::move(executor), std::move(channel), std::move(membership_host), observer);
}

}  // namespace understudy::station_agent
