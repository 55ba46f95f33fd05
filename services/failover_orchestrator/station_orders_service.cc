#include "services/failover_orchestrator/station_orders_service.h"

#include <utility>

#include "common/document/identifiers.h"
#include "common/status/status.h"
#include "common/status/utf8.h"
#include "services/failover_orchestrator/failover_codec.h"

namespace understudy::failover_orchestrator {
namespace {

constexpr char kDomain[] = "failover-orchestrator.understudy";
constexpr size_t kMaxTextBytes = 256;

absl::Status NotRoot(const RootRedirect& root) {
  return MakeNotRootError("this control node is not root", root);
}

}  // namespace

grpc::ServerBidiReactor<v1::StationReply, v1::StationOrder>* StationOrdersService::Attend(
    grpc::CallbackServerContext* context) {
  auto attendance = std::make_shared<Attendance>();
  // Only compared, never followed: set before the first message and the end can come.
  auto self = std::make_shared<const Session*>(nullptr);
  rpc::StreamOptions options;
  options.domain = kDomain;
  options.max_queue = max_queue_;
  options.group = &parts_.group;
  options.context = context;
  // A station has at most one message in our hands, however fast it talks.
  options.read_on_demand = true;
  options.on_done = [this, attendance, self](const absl::Status&) {
    parts_.executor.Post([this, attendance, self] {
      if (!parts_.streams.Remove(attendance->station_id, *self)) return;
      parts_.collection.OnDetached(attendance->station_id);
      parts_.runner.Take(
          [&](FailoverCore& core, Instant now) { core.OnDetached(attendance->station_id, now); });
    });
  };
  auto session = Session::Make(
      [this, attendance, self](const std::shared_ptr<Session>& from, v1::StationReply reply) {
        parts_.executor.RunOrPost([this, attendance, self, from, reply = std::move(reply)] {
          *self = from.get();
          OnReply(attendance, from, reply);
          from->ReadNext();
        });
      },
      std::move(options));
  return session.get();
}

void StationOrdersService::SetSentinel(bool sentinel, const RootRedirect& root) {
  sentinel_ = sentinel;
  root_ = root;
  if (sentinel) parts_.streams.EndAll(NotRoot(root));
}

void StationOrdersService::OnReply(const std::shared_ptr<Attendance>& attendance,
                                   const std::shared_ptr<Session>& session,
                                   const v1::StationReply& reply) {
  // What a replaced stream still brings is out of date.
  const bool first = attendance->station_id.empty();
  if (!first && !parts_.streams.IsCurrent(attendance->station_id, session.get())) return;
  absl::Status status;
  if (first != reply.has_hello()) {
    status = MakeError(absl::StatusCode::kInvalidArgument, "HELLO_EXPECTED",
                       "expected hello as the first message, and only once");
  } else if (first) {
    status = OnHello(*attendance, session, reply.hello());
  } else {
    status = OnAttended(attendance->station_id, reply);
  }
  if (status.ok()) return;
  if (status.code() == absl::StatusCode::kInvalidArgument) parts_.metrics.replies_bad.Add();
  session->Finish(status);
}

absl::Status StationOrdersService::OnHello(Attendance& attendance,
                                           const std::shared_ptr<Session>& session,
                                           const v1::Hello& hello) {
  if (sentinel_) return NotRoot(root_);
  UNDERSTUDY_ASSIGN_OR_RETURN(Greeting greeting, DecodeHello(hello));
  UNDERSTUDY_RETURN_IF_ERROR(parts_.streams.Add(hello.station_id(), session));
  attendance.station_id = hello.station_id();
  parts_.metrics.replies_hello.Add();
  // What an earlier stream said is said again by this one.
  parts_.collection.OnDetached(hello.station_id());
  if (hello.change_waits() && !greeting.holding_duty.empty()) {
    parts_.collection.OnChanged(hello.station_id(), greeting.holding_duty);
  }
  parts_.runner.Take([&](FailoverCore& core, Instant now) {
    core.OnAttached(attendance.station_id, std::move(greeting), now);
  });
  return absl::OkStatus();
}

absl::Status StationOrdersService::OnAttended(const std::string& station_id,
                                              const v1::StationReply& reply) {
  switch (reply.reply_case()) {
    case v1::StationReply::kStaged:
      return OnStaged(station_id, reply.staged());
    case v1::StationReply::kRunning:
      return OnRunning(station_id, reply.running());
    case v1::StationReply::kRefused:
      OnRefused(station_id, reply.refused());
      return absl::OkStatus();
    case v1::StationReply::kAccepted:
      parts_.metrics.replies_accepted.Add();
      parts_.runner.Take([&](FailoverCore& core, Instant now) {
        const v1::Accepted& accepted = reply.accepted();
        core.OnAccepted(station_id, accepted.duty_id(), accepted.assignment_number(), now);
      });
      return absl::OkStatus();
    case v1::StationReply::kStoodDown:
      parts_.metrics.replies_stood_down.Add();
      parts_.runner.Take([&](FailoverCore& core, Instant now) {
        const v1::StoodDown& stood_down = reply.stood_down();
        core.OnStoodDown(station_id, stood_down.duty_id(), stood_down.assignment_number(), now);
      });
      return absl::OkStatus();
    case v1::StationReply::kChangeWaits:
      return OnChangeWaits(station_id, reply.change_waits());
    case v1::StationReply::kCollected:
      OnCollected(station_id, reply.collected());
      return absl::OkStatus();
    default:
      // From a newer agent.
      parts_.metrics.replies_bad.Add();
      return absl::OkStatus();
  }
}

absl::Status StationOrdersService::OnStaged(const std::string& station_id,
                                            const v1::Staged& staged) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const StagedCopy copy, DecodeStaged(staged));
  parts_.metrics.replies_staged.Add();
  if (copy.sha256.empty()) parts_.metrics.staging_failures.Add();
  parts_.runner.Take([&](FailoverCore& core, Instant now) {
    core.OnStaged(station_id, staged.duty_id(), copy, ToValidUtf8(staged.error(), kMaxTextBytes),
                  now);
  });
  return absl::OkStatus();
}

absl::Status StationOrdersService::OnRunning(const std::string& station_id,
                                             const v1::Running& running) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckSha256(running.document_sha256()));
  parts_.metrics.replies_running.Add();
  parts_.runner.Take([&](FailoverCore& core, Instant now) {
    core.OnRunning(station_id, running.duty_id(), running.assignment_number(),
                   running.document_revision(), running.document_sha256(), now);
  });
  return absl::OkStatus();
}

absl::Status StationOrdersService::OnChangeWaits(const std::string& station_id,
                                                 const v1::ChangeWaits& change) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(change.duty_id()));
  parts_.metrics.replies_change_waits.Add();
  parts_.collection.OnChanged(station_id, change.duty_id());
  return absl::OkStatus();
}

void StationOrdersService::OnCollected(const std::string& station_id,
                                       const v1::Collected& collected) {
  parts_.metrics.replies_collected.Add();
  parts_.collection.OnCollected(station_id, ToValidUtf8(collected.error(), kMaxTextBytes));
}

void StationOrdersService::OnRefused(const std::string& station_id, const v1::Refused& refused) {
  parts_.metrics.replies_refused.Add();
  parts_.metrics.CountRefused(refused.reason());
  parts_.runner.Take([&](FailoverCore& core, Instant now) {
    core.OnRefused(station_id, refused.duty_id(), refused.assignment_number(),
                   ToValidUtf8(refused.reason(), kMaxTextBytes),
                   ToValidUtf8(refused.message(), kMaxTextBytes), now);
  });
}

}  // namespace understudy::failover_orchestrator
