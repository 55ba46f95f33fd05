#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_VAULT_REGISTRY_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_VAULT_REGISTRY_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "services/failover_orchestrator/call_group.h"
#include "services/failover_orchestrator/claim_line.h"
#include "services/failover_orchestrator/ports.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"

namespace understudy::failover_orchestrator {

// The registry in config-vault. Thread-safe.
class VaultRegistry final : public RegistryPort {
 public:
  using Stub = config_vault::v1::Registry::Stub;
  using OnFailovers = std::function<void(absl::StatusOr<config_vault::v1::ListFailoversResponse>)>;
  using OnFailover = std::function<void(absl::StatusOr<config_vault::v1::GetFailoverResponse>)>;

  // `timeout` is each call's.
  VaultRegistry(const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout);
  ~VaultRegistry() override;

  void Create(const CreateDuty& write, OnAssignment done) override;
  void Claim(const ClaimDuty& write, OnAssignment done) override;
  void Rehearse(const RehearseClaim& claim) override;
  void Confirm(const ConfirmDuty& write, OnStatus done) override;
  void Record(const RecordFailover& write, OnStatus done) override;
  void Load(OnContents done) override;

  // For operators, passed on as they are.
  void ListFailovers(const config_vault::v1::ListFailoversRequest& request, OnFailovers done);
  void GetFailover(const config_vault::v1::GetFailoverRequest& request, OnFailover done);

  // Cancels what is under way and waits for its callbacks.
  void Stop() {
    line_->Stop();
    calls_.Stop();
  }

 private:
  void LoadFailovers(std::shared_ptr<Contents> contents, const std::string& page_token,
                     OnContents done);
  void LoadDuties(std::shared_ptr<Contents> contents, const std::string& page_token,
                  OnContents done);

  const absl::Duration timeout_;
  const std::unique_ptr<Stub> stub_;
  // For claims: opened with the first rehearsal.
  const std::shared_ptr<ClaimLine> line_;
  CallGroup calls_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_VAULT_REGISTRY_H_
