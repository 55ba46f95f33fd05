#include "services/config_vault/registry_service.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "common/rpc/server_session.h"
#include "common/rpc/server_stream.h"
#include "common/status/status_proto.h"
#include "google/rpc/status.pb.h"
#include "services/config_vault/proto_fields.h"
#include "services/config_vault/registry_reads.h"
#include "services/config_vault/registry_requests.h"
#include "services/config_vault/role_feed.h"
#include "services/config_vault/vault_calls.h"

namespace understudy::config_vault {
namespace {

// Role changes that may wait for one watcher; they come a few in a minute at most.
constexpr size_t kMaxRoleQueue = 256;

template <typename Response>
void EncodeNothing(Outcome&, Response&, CallResult&) {}

template <typename Response>
void EncodeAssignment(Outcome& outcome, Response& response, CallResult&) {
  fields::ToProto(std::get<Assignment>(outcome.result), *response.mutable_assignment());
}

template <typename Response, typename CommandType, typename Encode>
grpc::ServerUnaryReactor* Write(const VaultContext& vault, grpc::CallbackServerContext* context,
                                Response* response, absl::StatusOr<CommandType> command,
                                Encode encode) {
  rpc::UnaryReply<Response> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  AnswerWrite(vault, Operation::kRegistryWrite, std::move(reply), std::move(command), encode);
  return reactor;
}

template <typename Request, typename Response, typename Read>
grpc::ServerUnaryReactor* ReadRegistry(const VaultContext& vault,
                                       grpc::CallbackServerContext* context, const Request* request,
                                       Response* response, Read read) {
  return AnswerRead(vault, Operation::kRegistryRead, *request,
                    rpc::UnaryReply<Response>(context, response, kErrorDomain), read);
}

v1::WatchRoleResponse EncodeRole(const RoleState& state) {
  v1::WatchRoleResponse response;
  response.set_role(state.role == Role::kRoot ? v1::ROLE_ROOT : v1::ROLE_SENTINEL);
  response.set_epoch(state.epoch);
  response.set_root(state.root);
  if (state.act_alone_for < absl::InfiniteDuration()) {
    fields::SetDuration(state.act_alone_for, *response.mutable_act_alone_for());
  }
  if (state.root_addresses == NodeAddresses()) return response;
  type::v1::ControlNodeAddresses& addresses = *response.mutable_root_addresses();
  addresses.set_vault(state.root_addresses.vault);
  addresses.set_membership(state.root_addresses.membership);
  addresses.set_orchestrator(state.root_addresses.orchestrator);
  return response;
}

using ClaimSession = rpc::ServerSession<v1::ClaimDutiesRequest, v1::ClaimDutiesResponse>;

// The answer that one claim of a session is owed.
class ClaimReply {
 public:
  ClaimReply(std::shared_ptr<ClaimSession> session, uint64_t number)
      : session_(std::move(session)), number_(number) {}

  void Finish(absl::StatusOr<v1::ClaimDutyResponse> result) {
    v1::ClaimDutiesResponse response;
    response.set_number(number_);
    if (result.ok()) {
      *response.mutable_claimed() = *std::move(result);
    } else {
      ToStatusProto(result.status(), kErrorDomain, *response.mutable_refused());
    }
    session_->Send(std::move(response));
  }

 private:
  const std::shared_ptr<ClaimSession> session_;
  const uint64_t number_;
};

// One watch: the stream may be over before it is subscribed.
class RoleWatch {
 public:
  RoleWatch(const VaultContext& vault, std::string service)
      : vault_(vault), service_(std::move(service)) {}

  void Begin(RoleFeed::OnChange on_change) {
    vault_.household.Arrive(service_);
    const RoleFeed::SubscriberId id = vault_.role.SubscribeRepeated(std::move(on_change));
    if (subscription_.exchange(id) == kEnded) vault_.role.Unsubscribe(id);
  }
  void End() {
    const RoleFeed::SubscriberId id = subscription_.exchange(kEnded);
    if (id != 0) vault_.role.Unsubscribe(id);
    vault_.household.Leave(service_);
  }

 private:
  static constexpr RoleFeed::SubscriberId kEnded = ~RoleFeed::SubscriberId{0};
  const VaultContext& vault_;
  const std::string service_;
  std::atomic<RoleFeed::SubscriberId> subscription_ = 0;
};

grpc::ServerWriteReactor<v1::WatchRoleResponse>* WatchRoleOf(const VaultContext& vault,
                                                             const v1::WatchRoleRequest& request,
                                                             rpc::StreamGroup& streams) {
  const auto watch = std::make_shared<RoleWatch>(vault, request.service());
  const auto stream = rpc::ServerStream<v1::WatchRoleResponse>::Make(
      {.domain = kErrorDomain,
       .max_queue = kMaxRoleQueue,
       .on_done = [watch](const absl::Status&) { watch->End(); },
       .group = &streams});
  watch->Begin([stream](const RoleState& state) { stream->Send(EncodeRole(state)); });
  return stream.get();
}

}  // namespace

RegistryService::RegistryService(const VaultContext& vault, rpc::StreamGroup& streams)
    : vault_(vault), streams_(streams) {}

grpc::ServerUnaryReactor* RegistryService::PutStation(grpc::CallbackServerContext* context,
                                                      const v1::PutStationRequest* request,
                                                      v1::PutStationResponse* response) {
  return Write(vault_, context, response, CheckPutStation(*request),
               [](Outcome& outcome, v1::PutStationResponse& to, CallResult&) {
                 to.set_revision(outcome.revision);
               });
}

grpc::ServerUnaryReactor* RegistryService::RemoveStation(grpc::CallbackServerContext* context,
                                                         const v1::RemoveStationRequest* request,
                                                         v1::RemoveStationResponse* response) {
  return Write(vault_, context, response, CheckRemoveStation(*request),
               EncodeNothing<v1::RemoveStationResponse>);
}

grpc::ServerUnaryReactor* RegistryService::ListStations(grpc::CallbackServerContext* context,
                                                        const v1::ListStationsRequest* request,
                                                        v1::ListStationsResponse* response) {
  return ReadRegistry(vault_, context, request, response, [request](const VaultReader& reader) {
    return ReadStations(reader, *request);
  });
}

grpc::ServerUnaryReactor* RegistryService::CreateDuty(grpc::CallbackServerContext* context,
                                                      const v1::CreateDutyRequest* request,
                                                      v1::CreateDutyResponse* response) {
  return Write(vault_, context, response, CheckCreateDuty(*request, vault_.clock.WallNow()),
               [](Outcome& outcome, v1::CreateDutyResponse& to, CallResult&) {
                 fields::ToProto(std::get<Duty>(outcome.result), *to.mutable_duty());
               });
}

grpc::ServerUnaryReactor* RegistryService::RemoveDuty(grpc::CallbackServerContext* context,
                                                      const v1::RemoveDutyRequest* request,
                                                      v1::RemoveDutyResponse* response) {
  return Write(vault_, context, response, CheckRemoveDuty(*request),
               EncodeNothing<v1::RemoveDutyResponse>);
}

grpc::ServerUnaryReactor* RegistryService::ListDuties(grpc::CallbackServerContext* context,
                                                      const v1::ListDutiesRequest* request,
                                                      v1::ListDutiesResponse* response) {
  return ReadRegistry(vault_, context, request, response, [request](const VaultReader& reader) {
    return ReadDuties(reader, *request);
  });
}

grpc::ServerUnaryReactor* RegistryService::ClaimDuty(grpc::CallbackServerContext* context,
                                                     const v1::ClaimDutyRequest* request,
                                                     v1::ClaimDutyResponse* response) {
  return Write(vault_, context, response, CheckClaimDuty(*request, vault_.clock.WallNow()),
               EncodeAssignment<v1::ClaimDutyResponse>);
}

grpc::ServerBidiReactor<v1::ClaimDutiesRequest, v1::ClaimDutiesResponse>*
RegistryService::ClaimDuties(grpc::CallbackServerContext* context) {
  const auto session = ClaimSession::Make(
      [this](const std::shared_ptr<ClaimSession>& from, const v1::ClaimDutiesRequest& request) {
        AnswerWriteBy<v1::ClaimDutyResponse>(
            vault_, Operation::kRegistryWrite, ClaimReply(from, request.number()),
            CheckClaimDuty(request.claim(), vault_.clock.WallNow()),
            EncodeAssignment<v1::ClaimDutyResponse>);
      },
      {.domain = kErrorDomain, .on_done = nullptr, .group = &streams_, .context = context});
  return session.get();
}

grpc::ServerUnaryReactor* RegistryService::ConfirmDuty(grpc::CallbackServerContext* context,
                                                       const v1::ConfirmDutyRequest* request,
                                                       v1::ConfirmDutyResponse* response) {
  return Write(vault_, context, response, CheckConfirmDuty(*request, vault_.clock.WallNow()),
               EncodeAssignment<v1::ConfirmDutyResponse>);
}

grpc::ServerUnaryReactor* RegistryService::RecordFailover(grpc::CallbackServerContext* context,
                                                          const v1::RecordFailoverRequest* request,
                                                          v1::RecordFailoverResponse* response) {
  return Write(vault_, context, response, CheckRecordFailover(*request),
               EncodeNothing<v1::RecordFailoverResponse>);
}

grpc::ServerUnaryReactor* RegistryService::ListFailovers(grpc::CallbackServerContext* context,
                                                         const v1::ListFailoversRequest* request,
                                                         v1::ListFailoversResponse* response) {
  return ReadRegistry(vault_, context, request, response, [request](const VaultReader& reader) {
    return ReadFailovers(reader, *request);
  });
}

grpc::ServerUnaryReactor* RegistryService::GetFailover(grpc::CallbackServerContext* context,
                                                       const v1::GetFailoverRequest* request,
                                                       v1::GetFailoverResponse* response) {
  return ReadRegistry(vault_, context, request, response, [request](const VaultReader& reader) {
    return ReadFailover(reader, *request);
  });
}

grpc::ServerWriteReactor<v1::WatchRoleResponse>* RegistryService::WatchRole(
    grpc::CallbackServerContext* context, const v1::WatchRoleRequest* request) {
  return WatchRoleOf(vault_, *request, streams_);
}

}  // namespace understudy::config_vault
