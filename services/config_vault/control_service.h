#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_SERVICE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_SERVICE_H_

#include <functional>
#include <string>
#include <vector>

#include "services/config_vault/control_site.h"
#include "services/config_vault/vault_context.h"
#include "understudy/config_vault/v1/control.grpc.pb.h"

namespace understudy::config_vault {

// The Control service over gRPC: checks requests, passes them on, encodes the answers.
class ControlService final : public v1::Control::CallbackService {
 public:
  // `vault` and `site` must outlive the service. `site` is null where the engine knows no other
  // nodes: `self` is then all there is.
  ControlService(const VaultContext& vault, ControlSite* site, ControlNode self)
      : vault_(vault), site_(site), self_(std::move(self)) {}

  grpc::ServerUnaryReactor* ListNodes(grpc::CallbackServerContext* context,
                                      const v1::ListNodesRequest* request,
                                      v1::ListNodesResponse* response) override;
  grpc::ServerUnaryReactor* HandOver(grpc::CallbackServerContext* context,
                                     const v1::HandOverRequest* request,
                                     v1::HandOverResponse* response) override;
  grpc::ServerUnaryReactor* AddNode(grpc::CallbackServerContext* context,
                                    const v1::AddNodeRequest* request,
                                    v1::AddNodeResponse* response) override;
  grpc::ServerUnaryReactor* RemoveNode(grpc::CallbackServerContext* context,
                                       const v1::RemoveNodeRequest* request,
                                       v1::RemoveNodeResponse* response) override;

 private:
  // What a change makes of the admitted nodes.
  using Change = std::function<absl::Status(std::vector<ControlNode>&)>;
  using Changed = absl::AnyInvocable<void(const absl::Status&)>;

  ControlNodeStatus SelfAlone() const;
  // Reads the nodes, changes them, and writes them in the place of what was read.
  void ChangeNodes(const Change& change, const std::string& comment, Changed done);
  absl::StatusOr<PutDocument> PlanChange(const Change& change, const std::string& comment) const;
  // OK, or UNAVAILABLE NOT_ROOT with the root's addresses.
  absl::Status CheckRoot() const;

  const VaultContext& vault_;
  ControlSite* const site_;
  const ControlNode self_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_SERVICE_H_
