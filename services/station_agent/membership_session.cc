#include "services/station_agent/membership_session.h"

#include <grpcpp/channel.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"
#include "common/control_nodes/root_seeker.h"
#include "common/rpc/backoff.h"
#include "common/rpc/client_call.h"
#include "common/rpc/client_stream.h"
#include "common/status/status.h"
#include "services/station_agent/control_channels.h"
#include "services/station_agent/membership_codec.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::station_agent {
namespace {

namespace wire = membership::v1;

using Stream = rpc::ClientStream<wire::StationMessage, wire::MembershipMessage>;

constexpr absl::Duration kJoinTimeout = absl::Seconds(3);
// Where there are others to ask, one that is frozen must not hold us up for long.
constexpr absl::Duration kJoinTimeoutOfSeveral = absl::Seconds(1);
constexpr absl::Duration kLeaveTimeout = absl::Seconds(3);
constexpr rpc::BackoffPolicy kRejoin = {.initial = absl::Milliseconds(50),
                                        .maximum = absl::Seconds(2)};
// Sentinels answer at once, and the root's place is taken within some hundred milliseconds.
constexpr rpc::BackoffPolicy kSeekRoot = {.initial = absl::Milliseconds(20),
                                          .maximum = absl::Seconds(1)};
constexpr rpc::BackoffPolicy kReopen = kRejoin;
// When a membership comes back, its stations must not all knock in the same moment.
constexpr absl::Duration kRejoinSpread = absl::Milliseconds(50);

class GrpcMembershipSession final : public MembershipSession {
 public:
  GrpcMembershipSession(const Clock& clock, Random& random, std::shared_ptr<Executor> executor,
                        ControlChannels& channels, MembershipObserver& observer)
      : clock_(clock),
        random_(random),
        executor_(std::move(executor)),
        channels_(channels),
        observer_(observer),
        seeker_(channels.nodes(), &ControlNode::membership,
                channels.nodes().size() > 1 ? kSeekRoot : kRejoin) {}
  ~GrpcMembershipSession() override {
    if (stream_ != nullptr) stream_->Cancel();
  }

  void Start() override { Join(); }

  void Stop() override {
    ++join_round_;
    ++stream_round_;
    joining_ = false;
    CancelTimer(join_timer_);
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

  void OnRootSilent() override {
    silent_at_ = clock_.SteadyNow();
    if (!session_.has_value() || seeking() || !has_others()) return;
    seeker_.Doubt();
    Join();
  }

  void Leave(const std::string& reason, absl::AnyInvocable<void(absl::Status)> callback) override {
    leaving_ = true;
    wire::LeaveRequest request;
    request.set_station_id(observer_.MakeAnnouncement().station_id);
    request.set_session_id(session_id());
    request.set_reason(reason);
    const auto stub = StubOf(channels_.root().membership);
    rpc::CallUnary(
        *stub->async(), &wire::Membership::Stub::async::Leave, std::move(request), kLeaveTimeout,
        [this, stub, executor = executor_,
         callback = std::move(callback)](absl::StatusOr<wire::LeaveResponse> response) mutable {
          executor->Post(
              [this, status = response.status(), callback = std::move(callback)]() mutable {
                OnLeaveAnswer(status);
                callback(status);
              });
        });
  }

 private:
  using SharedStub = std::shared_ptr<wire::Membership::Stub>;

  bool has_others() const { return channels_.nodes().size() > 1; }
  // A join is under way, or will be.
  bool seeking() const { return joining_ || join_timer_ != 0; }

  SharedStub StubOf(const std::string& address) {
    return wire::Membership::NewStub(channels_.To(address));
  }

  void CancelTimer(Executor::TimerId& timer) {
    if (timer != 0) executor_->Cancel(std::exchange(timer, 0));
  }

  void JoinAfter(absl::Duration wait) {
    CancelTimer(join_timer_);
    join_timer_ = executor_->RunAt(clock_.SteadyNow() + wait, [this] { JoinIfNeeded(); });
  }

  // Meanwhile the root may have been heard of again: then no beat of late has said otherwise.
  void JoinIfNeeded() {
    join_timer_ = 0;
    const bool well = session_.has_value() && welcomed_ &&
                      clock_.SteadyNow() - silent_at_ > 2 * session_->beat_interval;
    if (well) return seeker_.Trust();
    Join();
  }

  void OnLeaveAnswer(const absl::Status& status) {
    leaving_ = false;
    if (status.ok()) return Stop();
    if (!session_.has_value() && !seeking()) Join();
  }

  // Not while leaving: membership ends the session before it answers, and a station that joined
  // then would be missed as soon as it is gone.
  void Join() {
    CancelTimer(join_timer_);
    if (leaving_) return;
    joining_ = true;
    const uint64_t round = ++join_round_;
    const SteadyTime sent_at = clock_.SteadyNow();
    announcement_ = observer_.MakeAnnouncement();
    const SharedStub stub = StubOf(seeker_.address());
    rpc::CallUnary(
        *stub->async(), &wire::Membership::Stub::async::Join, EncodeJoin(announcement_),
        has_others() ? kJoinTimeoutOfSeveral : kJoinTimeout,
        [this, stub, executor = executor_, round,
         sent_at](absl::StatusOr<wire::JoinResponse> response) {
          executor->Post([this, round, sent_at, response = std::move(response)] {
            if (round == join_round_) OnJoinAnswer(sent_at, response);
          });
        });
  }

  void OnJoinAnswer(SteadyTime sent_at, const absl::StatusOr<wire::JoinResponse>& response) {
    joining_ = false;
    absl::StatusOr<JoinedSession> session = DecodeAnswer(response);
    if (!session.ok()) {
      // A node that is not root is no failure while we still have a session with one that was.
      if (!session_.has_value()) observer_.OnJoinFailed(session.status());
      JoinAfter(AfterNoRoot(session.status()));
      return;
    }
    channels_.Use(seeker_.current());
    ++stream_round_;
    CloseStream();
    session_ = *std::move(session);
    session_->sent_at = sent_at;
    reopen_backoff_.Reset();
    OpenStream();
    observer_.OnJoined(*session_);
  }

  absl::StatusOr<JoinedSession> DecodeAnswer(const absl::StatusOr<wire::JoinResponse>& response) {
    if (!response.ok()) return response.status();
    const auto address = config::ParseAddress(seeker_.address());
    UNDERSTUDY_ASSIGN_OR_RETURN(
        JoinedSession session,
        DecodeJoined(*response, address.has_value() ? address->host : std::string()));
    if (!seeker_.OnRoot(session.epoch)) return StaleRoot(session.epoch);
    return session;
  }

  absl::Status StaleRoot(uint64_t epoch) const {
    return MakeError(absl::StatusCode::kFailedPrecondition, "STALE_EPOCH",
                     absl::StrCat(seeker_.address(), " says that it is root under epoch ", epoch,
                                  "; one with epoch ", seeker_.epoch(), " is known"));
  }

  absl::Duration AfterNoRoot(const absl::Status& why) {
    const std::optional<RootRedirect> redirect = RedirectOf(why);
    return redirect.has_value() ? seeker_.OnNotRoot(*redirect, random_)
                                : seeker_.OnNoRoot(random_);
  }

  void OpenStream() {
    CancelTimer(reopen_timer_);
    const uint64_t round = ++stream_round_;
    const SharedStub stub = StubOf(channels_.root().membership);
    stream_ =
        Stream::Start(*stub->async(), &wire::Membership::Stub::async::Converse,
                      {.on_message =
                           [this, executor = executor_, round](wire::MembershipMessage message) {
                             executor->Post([this, round, message = std::move(message)] {
                               if (round == stream_round_) OnMessage(message);
                             });
                           },
                       .on_done =
                           [this, stub, executor = executor_, round](const absl::Status& status) {
                             executor->Post([this, round, status] {
                               if (round == stream_round_) OnStreamDone(status);
                             });
                           }});
    stream_->Send(EncodeConverseHello(announcement_.station_id, *session_));
  }

  void OnMessage(const wire::MembershipMessage& message) {
    if (message.has_welcome()) {
      OnWelcome(message.welcome().epoch());
    } else if (message.has_beat_answer()) {
      observer_.OnStreamBeatAnswered(message.beat_answer().sequence());
    }
  }

  void OnWelcome(uint64_t epoch) {
    if (epoch < session_->epoch) return EndSession(StaleRoot(epoch));
    welcomed_ = true;
    reopen_backoff_.Reset();
    observer_.OnConversing();
  }

  void OnStreamDone(const absl::Status& status) {
    stream_ = nullptr;
    welcomed_ = false;
    if (status.code() == absl::StatusCode::kFailedPrecondition) {
      EndSession(status);
      return;
    }
    reopen_timer_ = executor_->RunAt(clock_.SteadyNow() + reopen_backoff_.Next(random_),
                                     [this] { OpenStream(); });
    LookElsewhere(status);
  }

  // The stream broke, or its node says that it is root no longer: while it is opened again, the
  // other nodes are asked.
  void LookElsewhere(const absl::Status& status) {
    if (seeking() || !has_others()) return;
    seeker_.Doubt(RedirectOf(status));
    Join();
  }

  void CloseStream() {
    CancelTimer(reopen_timer_);
    welcomed_ = false;
    if (stream_ != nullptr) std::exchange(stream_, nullptr)->Cancel();
  }

  void EndSession(const absl::Status& why) {
    ++join_round_;
    ++stream_round_;
    joining_ = false;
    CloseStream();
    session_.reset();
    seeker_.Trust();
    observer_.OnSessionOver(why);
    JoinAfter(random_.Between(absl::ZeroDuration(), kRejoinSpread));
  }

  const Clock& clock_;
  Random& random_;
  // Shared with callbacks, which may come late.
  const std::shared_ptr<Executor> executor_;
  ControlChannels& channels_;
  MembershipObserver& observer_;
  RootSeeker seeker_;
  rpc::Backoff reopen_backoff_{kReopen};
  JoinAnnouncement announcement_;
  std::optional<JoinedSession> session_;
  // Each call and stream belongs to one round; what an earlier one still says is of no interest.
  uint64_t join_round_ = 0;
  uint64_t stream_round_ = 0;
  bool joining_ = false;
  // Membership was asked to let us go, and has not answered.
  bool leaving_ = false;
  // When OnRootSilent was called last.
  SteadyTime silent_at_;
  Executor::TimerId join_timer_ = 0;
  Executor::TimerId reopen_timer_ = 0;
  std::shared_ptr<Stream> stream_;
  // The stream's hello was accepted.
  bool welcomed_ = false;
};

}  // namespace

std::unique_ptr<MembershipSession> MakeGrpcMembershipSession(const Clock& clock, Random& random,
                                                             std::shared_ptr<Executor> executor,
                                                             ControlChannels& channels,
                                                             MembershipObserver& observer) {
  return std::make_unique<GrpcMembershipSession>(clock, random, std::move(executor), channels,
                                                 observer);
}

}  // namespace understudy::station_agent
