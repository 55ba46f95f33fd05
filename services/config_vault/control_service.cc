#include "services/config_vault/control_service.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/document/identifiers.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "services/config_vault/control_nodes_document.h"
#include "services/config_vault/not_root.h"

namespace understudy::config_vault {
namespace {

constexpr char kAuthor[] = "operator/control";

absl::Status SingleNode() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "SINGLE_NODE",
                   "this vault keeps its data on its own disk alone: other control nodes need "
                   "`engine: etcd`");
}

v1::ControlNode Encode(const ControlNode& node) {
  v1::ControlNode message;
  message.set_id(node.id);
  message.mutable_addresses()->set_vault(node.addresses.vault);
  message.mutable_addresses()->set_membership(node.addresses.membership);
  message.mutable_addresses()->set_orchestrator(node.addresses.orchestrator);
  message.set_beats(node.beats);
  return message;
}

ControlNode Decode(const v1::ControlNode& message) {
  return {.id = message.id(),
          .addresses = {.vault = message.addresses().vault(),
                        .membership = message.addresses().membership(),
                        .orchestrator = message.addresses().orchestrator()},
          .beats = message.beats()};
}

v1::ListNodesResponse EncodeList(const std::vector<ControlNodeStatus>& nodes) {
  v1::ListNodesResponse response;
  for (const ControlNodeStatus& status : nodes) {
    v1::ControlNodeState& state = *response.add_nodes();
    *state.mutable_node() = Encode(status.node);
    state.set_self(status.self);
    state.set_is_root(status.is_root);
    state.set_epoch(status.epoch);
    state.set_following(status.following);
    state.set_behind(status.behind);
    state.set_household_whole(status.household_whole);
    if (!status.heard_ago.has_value()) continue;
    const absl::Duration ago = *status.heard_ago;
    state.mutable_heard_ago()->set_seconds(absl::ToInt64Seconds(ago));
    state.mutable_heard_ago()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(ago % absl::Seconds(1))));
  }
  return response;
}

}  // namespace

ControlNodeStatus ControlService::SelfAlone() const {
  const RoleState role = vault_.role.current();
  return {.node = self_,
          .self = true,
          .is_root = role.role == Role::kRoot,
          .epoch = role.epoch,
          .following = true,
          .applied = vault_.feed.revision(),
          .behind = 0,
          .household_whole = vault_.household.whole(),
          .heard_ago = absl::ZeroDuration()};
}

grpc::ServerUnaryReactor* ControlService::ListNodes(grpc::CallbackServerContext* context,
                                                    const v1::ListNodesRequest* request,
                                                    v1::ListNodesResponse* response) {
  auto reply = std::make_shared<rpc::UnaryReply<v1::ListNodesResponse>>(context, response,
                                                                        kErrorDomain);
  grpc::ServerUnaryReactor* const reactor = reply->reactor();
  if (site_ == nullptr) {
    reply->Finish(EncodeList({SelfAlone()}));
    return reactor;
  }
  site_->List([reply](const std::vector<ControlNodeStatus>& nodes) {
    reply->Finish(EncodeList(nodes));
  });
  return reactor;
}

absl::Status ControlService::CheckRoot() const {
  const RoleState role = vault_.role.current();
  return role.role == Role::kRoot ? absl::OkStatus() : NotRoot(role);
}

grpc::ServerUnaryReactor* ControlService::HandOver(grpc::CallbackServerContext* context,
                                                   const v1::HandOverRequest* request,
                                                   v1::HandOverResponse* response) {
  auto reply = std::make_shared<rpc::UnaryReply<v1::HandOverResponse>>(context, response,
                                                                       kErrorDomain);
  grpc::ServerUnaryReactor* const reactor = reply->reactor();
  absl::Status status = site_ == nullptr ? SingleNode() : CheckRoot();
  if (status.ok() && !request->to().empty()) status = CheckControlNodeId(request->to());
  if (!status.ok()) {
    reply->Fail(status);
    return reactor;
  }
  site_->HandOver(request->to(), [this, reply](const absl::StatusOr<RootClaim>& claim) {
    const bool not_root = ErrorReason(claim.status()) == "NOT_ROOT";
    if (not_root) return reply->Fail(NotRoot(vault_.role.current()));
    if (!claim.ok()) return reply->Fail(claim.status());
    v1::HandOverResponse answer;
    answer.set_root(claim->record.node_id);
    answer.set_epoch(claim->epoch);
    reply->Finish(std::move(answer));
  });
  return reactor;
}

absl::StatusOr<PutDocument> ControlService::PlanChange(const Change& change,
                                                       const std::string& comment) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<StoredControlNodes> stored,
                              ReadControlNodes(*vault_.store.Snapshot()));
  if (!stored.has_value()) {
    return MakeError(absl::StatusCode::kUnavailable, "STARTING",
                     "the root has not recorded the configured control nodes yet");
  }
  UNDERSTUDY_RETURN_IF_ERROR(change(stored->nodes));
  return MakeControlNodesWrite(stored->nodes, stored->revision, kAuthor, comment,
                               vault_.clock.WallNow());
}

void ControlService::ChangeNodes(const Change& change, const std::string& comment, Changed done) {
  absl::Status status = site_ == nullptr ? SingleNode() : CheckRoot();
  if (status.ok()) status = vault_.pool.Admit(0);
  if (!status.ok()) return done(status);
  vault_.pool.Post([this, change, comment, done = std::move(done)]() mutable {
    absl::StatusOr<PutDocument> write = PlanChange(change, comment);
    if (!write.ok()) return done(write.status());
    vault_.engine.Propose(*std::move(write),
                          [done = std::move(done)](const absl::StatusOr<Outcome>& outcome) mutable {
                            done(outcome.status());
                          });
  });
}

grpc::ServerUnaryReactor* ControlService::AddNode(grpc::CallbackServerContext* context,
                                                  const v1::AddNodeRequest* request,
                                                  v1::AddNodeResponse* response) {
  rpc::UnaryReply<v1::AddNodeResponse> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  const ControlNode node = Decode(request->node());
  if (const absl::Status valid = CheckControlNode(node); !valid.ok()) {
    reply.Fail(valid);
    return reactor;
  }
  const Change add = [node](std::vector<ControlNode>& nodes) {
    return AdmitControlNode(node, nodes);
  };
  ChangeNodes(add, "control node " + node.id + " is admitted",
              [reply = std::move(reply)](const absl::Status& status) mutable {
                if (!status.ok()) return reply.Fail(status);
                reply.Finish(v1::AddNodeResponse());
              });
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::RemoveNode(grpc::CallbackServerContext* context,
                                                     const v1::RemoveNodeRequest* request,
                                                     v1::RemoveNodeResponse* response) {
  rpc::UnaryReply<v1::RemoveNodeResponse> reply(context, response, kErrorDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  const std::string id = request->id();
  if (const absl::Status valid = CheckControlNodeId(id); !valid.ok()) {
    reply.Fail(valid);
    return reactor;
  }
  const Change remove = [this, id](std::vector<ControlNode>& nodes) {
    return DismissControlNode(id, self_.id, nodes);
  };
  ChangeNodes(remove, "control node " + id + " is removed",
              [reply = std::move(reply)](const absl::Status& status) mutable {
                if (!status.ok()) return reply.Fail(status);
                reply.Finish(v1::RemoveNodeResponse());
              });
  return reactor;
}

}  // namespace understudy::config_vault
