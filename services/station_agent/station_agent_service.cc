#include "services/station_agent/station_agent_service.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "services/station_agent/membership_codec.h"
#include "understudy/station_agent/v1/station_agent.grpc.pb.h"

namespace understudy::station_agent {
namespace {

constexpr char kDomain[] = "station-agent.understudy";
constexpr size_t kMaxReasonBytes = 256;
constexpr uint32_t kUsualCoroutines = 1000;
constexpr uint32_t kMaxCoroutines = 10'000;

// A reply that a std::function, which must be copyable, can hold.
template <typename Response>
std::shared_ptr<rpc::UnaryReply<Response>> MakeReply(grpc::CallbackServerContext* context,
                                                     Response* response) {
  return std::make_shared<rpc::UnaryReply<Response>>(context, response, kDomain);
}

void SetDuration(absl::Duration duration, google::protobuf::Duration* message) {
  const int64_t nanoseconds = absl::ToInt64Nanoseconds(duration);
  message->set_seconds(nanoseconds / 1'000'000'000);
  message->set_nanos(static_cast<int32_t>(nanoseconds % 1'000'000'000));
}

void EncodeDuty(const AgentStatus& status, v1::GetStatusResponse& response) {
  if (!status.duty.has_value()) return;
  response.set_duty_id(status.duty->duty_id);
  response.set_assignment_number(status.duty->mark.number);
  response.set_epoch(status.duty->mark.epoch);
  response.set_document_revision(status.duty->revision);
}

v1::GetStatusResponse EncodeStatus(const AgentStatus& status) {
  v1::GetStatusResponse response;
  response.set_kind(EncodeKind(status.kind));
  response.set_agent_version(kAgentVersion);
  response.set_joined(status.joined);
  response.set_orders_attached(status.orders_attached);
  EncodeDuty(status, response);
  if (status.running_sha256.has_value()) {
    response.set_running_sha256(Sha256ToBytes(*status.running_sha256));
  }
  for (const KeptDocument& kept : status.staged) {
    v1::StagedDocument* staged = response.add_staged();
    staged->set_duty_id(kept.duty_id);
    staged->set_revision(kept.revision);
    staged->set_sha256(Sha256ToBytes(kept.sha256));
    staged->set_size(kept.size);
  }
  *response.mutable_indicators() = EncodeIndicators(status.indicators);
  for (const FaultReport& fault : status.faults) {
    response.add_faults(static_cast<type::v1::HealthFault>(fault.fault));
  }
  for (const ChildDevice& child : status.children) *response.add_children() = EncodeChild(child);
  response.set_upload_pending(status.upload_pending);
  SetDuration(status.last_answer_age, response.mutable_last_answer_age());
  return response;
}

v1::Coroutine EncodeCoroutine(const runtime::CoroutineReport& report) {
  v1::Coroutine coroutine;
  coroutine.set_id(report.id);
  coroutine.set_name(report.name);
  coroutine.set_state(runtime::NameOf(report.state));
  coroutine.set_cancelled(report.cancelled);
  if (report.waits_for == nullptr) return coroutine;
  coroutine.set_waits_for(report.waits_for);
  if (report.descriptor >= 0) coroutine.set_file_descriptor(report.descriptor);
  SetDuration(report.waiting, coroutine.mutable_waiting());
  return coroutine;
}

class StationAgentService final : public v1::StationAgent::CallbackService {
 public:
  StationAgentService(Agent& agent, DeviceSide& device_side, std::string station_id,
                      SyncMode sync_mode)
      : agent_(agent),
        device_side_(device_side),
        station_id_(std::move(station_id)),
        sync_mode_(sync_mode) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest*,
                                      v1::GetStatusResponse* response) override {
    auto reply = MakeReply(context, response);
    grpc::ServerUnaryReactor* reactor = reply->reactor();
    agent_.GetStatus([this, reply](const AgentStatus& status) {
      v1::GetStatusResponse answer = EncodeStatus(status);
      answer.set_station_id(station_id_);
      answer.set_sync_mode(static_cast<v1::SyncMode>(sync_mode_));
      reply->Finish(std::move(answer));
    });
    return reactor;
  }

  grpc::ServerUnaryReactor* Leave(grpc::CallbackServerContext* context,
                                  const v1::LeaveRequest* request,
                                  v1::LeaveResponse* response) override {
    auto reply = MakeReply(context, response);
    grpc::ServerUnaryReactor* reactor = reply->reactor();
    if (request->reason().size() > kMaxReasonBytes) {
      reply->Fail(MakeError(absl::StatusCode::kInvalidArgument, "INVALID_REASON",
                            "reason: expected at most 256 bytes"));
      return reactor;
    }
    agent_.Leave(request->reason(), [reply](const absl::Status& status) {
      if (!status.ok()) return reply->Fail(status);
      reply->Finish(v1::LeaveResponse());
    });
    return reactor;
  }

  grpc::ServerUnaryReactor* ListCoroutines(grpc::CallbackServerContext* context,
                                           const v1::ListCoroutinesRequest* request,
                                           v1::ListCoroutinesResponse* response) override {
    auto reply = MakeReply(context, response);
    grpc::ServerUnaryReactor* reactor = reply->reactor();
    if (request->limit() > kMaxCoroutines) {
      reply->Fail(MakeError(absl::StatusCode::kInvalidArgument, "INVALID_LIMIT",
                            absl::StrCat("limit: expected at most ", kMaxCoroutines)));
      return reactor;
    }
    const uint32_t limit = request->limit() == 0 ? kUsualCoroutines : request->limit();
    const bool asked = device_side_.ListCoroutines(limit, [reply](const CoroutineList& list) {
      v1::ListCoroutinesResponse answer;
      answer.set_total(list.total);
      for (const auto& report : list.coroutines) {
        *answer.add_coroutines() = EncodeCoroutine(report);
      }
      reply->Finish(std::move(answer));
    });
    if (!asked) {
      reply->Fail(MakeError(absl::StatusCode::kUnavailable, "STOPPING", "the agent is stopping"));
    }
    return reactor;
  }

  grpc::ServerUnaryReactor* Upload(grpc::CallbackServerContext* context, const v1::UploadRequest*,
                                   v1::UploadResponse* response) override {
    auto reply = MakeReply(context, response);
    grpc::ServerUnaryReactor* reactor = reply->reactor();
    agent_.UploadNow([reply](const absl::StatusOr<KeptDocument>& uploaded) {
      if (!uploaded.ok()) return reply->Fail(uploaded.status());
      v1::UploadResponse answer;
      answer.set_revision(uploaded->revision);
      answer.set_sha256(Sha256ToBytes(uploaded->sha256));
      reply->Finish(std::move(answer));
    });
    return reactor;
  }

 private:
  Agent& agent_;
  DeviceSide& device_side_;
  const std::string station_id_;
  const SyncMode sync_mode_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeStationAgentService(Agent& agent, DeviceSide& device_side,
                                                       const std::string& station_id,
                                                       SyncMode sync_mode) {
  return std::make_unique<StationAgentService>(agent, device_side, station_id, sync_mode);
}

std::string StationAgentServiceName() { return v1::StationAgent::service_full_name(); }

}  // namespace understudy::station_agent
