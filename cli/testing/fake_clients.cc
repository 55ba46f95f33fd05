#include "cli/testing/fake_clients.h"

#include <utility>

#include "common/status/status.h"

namespace understudy::cli {
namespace {

template <typename Response>
absl::StatusOr<Response> Answer(const FakeSite& site, const Response& response) {
  if (!site.failure.ok()) return site.failure;
  return response;
}

template <typename Event>
absl::Status Play(const FakeSite& site, const std::vector<Event>& events, const Each<Event>& each) {
  for (const Event& event : events) {
    if (!each(event)) return absl::OkStatus();
  }
  return site.failure.ok() ? absl::UnavailableError("the watch ended") : site.failure;
}

class FakeVault final : public VaultClient {
 public:
  explicit FakeVault(FakeSite& site) : site_(site) {}

  absl::StatusOr<config_vault::v1::PutResponse> Put(
      const config_vault::v1::PutRequest& request) override {
    site_.put_request = request;
    return Answer(site_, site_.put);
  }
  absl::StatusOr<config_vault::v1::GetResponse> Get(
      const config_vault::v1::GetRequest& request) override {
    site_.get_request = request;
    return Answer(site_, site_.get);
  }
  absl::Status GetMany(const std::vector<config_vault::v1::GetRequest>& requests,
                       const EachAnswer& each) override {
    // Backwards: the order is the vault's business.
    for (size_t index = requests.size(); index-- > 0;) {
      site_.get_request = requests[index];
      const auto found = site_.documents.find(requests[index].name());
      absl::StatusOr<config_vault::v1::GetResponse> response =
          MakeError(absl::StatusCode::kNotFound, "DOCUMENT_NOT_FOUND", "it is not there");
      if (found != site_.documents.end()) response = Answer(site_, found->second);
      UNDERSTUDY_RETURN_IF_ERROR(each(index, std::move(response)));
    }
    return absl::OkStatus();
  }
  absl::StatusOr<config_vault::v1::ListResponse> List(
      const config_vault::v1::ListRequest& request) override {
    site_.list_request = request;
    config_vault::v1::ListResponse page;
    if (!site_.lists.empty()) {
      page = site_.lists.front();
      site_.lists.pop_front();
    }
    return Answer(site_, page);
  }
  absl::StatusOr<config_vault::v1::HistoryResponse> History(
      const config_vault::v1::HistoryRequest& request) override {
    return Answer(site_, site_.history);
  }
  absl::StatusOr<config_vault::v1::DiffResponse> Diff(
      const config_vault::v1::DiffRequest& request) override {
    return Answer(site_, site_.diff);
  }
  absl::StatusOr<config_vault::v1::RollbackResponse> Rollback(
      const config_vault::v1::RollbackRequest& request) override {
    site_.rollback_request = request;
    return Answer(site_, site_.rollback);
  }
  absl::StatusOr<config_vault::v1::DeleteResponse> Delete(
      const config_vault::v1::DeleteRequest& request) override {
    return Answer(site_, site_.remove);
  }
  absl::Status Watch(const config_vault::v1::WatchRequest& request,
                     const Each<config_vault::v1::WatchResponse>& each) override {
    site_.watch_request = request;
    return Play(site_, site_.changes, each);
  }
  absl::StatusOr<config_vault::v1::ListNodesResponse> ListNodes() override {
    return Answer(site_, site_.nodes);
  }
  absl::StatusOr<config_vault::v1::HandOverResponse> HandOver(
      const config_vault::v1::HandOverRequest& request) override {
    site_.hand_over_request = request;
    return Answer(site_, site_.hand_over);
  }
  absl::Status AddNode(const config_vault::v1::AddNodeRequest& request) override {
    site_.add_node_request = request;
    return site_.failure;
  }
  absl::Status RemoveNode(const config_vault::v1::RemoveNodeRequest& request) override {
    site_.remove_node_request = request;
    return site_.failure;
  }
  void EndWatches() override {}

 private:
  FakeSite& site_;
};

class FakeMembership final : public MembershipClient {
 public:
  explicit FakeMembership(FakeSite& site) : site_(site) {}

  absl::StatusOr<membership::v1::ListResponse> List() override {
    return Answer(site_, site_.members);
  }
  absl::StatusOr<membership::v1::GetResponse> Get(const std::string& station) override {
    return Answer(site_, site_.member);
  }
  absl::Status Watch(const Each<membership::v1::WatchMembershipResponse>& each) override {
    return Play<membership::v1::WatchMembershipResponse>(site_, {}, each);
  }
  void EndWatches() override {}

 private:
  FakeSite& site_;
};

class FakeOrchestrator final : public OrchestratorClient {
 public:
  explicit FakeOrchestrator(FakeSite& site) : site_(site) {}

  absl::StatusOr<failover_orchestrator::v1::GetStatusResponse> GetStatus() override {
    return Answer(site_, site_.status);
  }
  absl::StatusOr<failover_orchestrator::v1::ListFailoversResponse> ListFailovers(
      const failover_orchestrator::v1::ListFailoversRequest& request) override {
    return Answer(site_, site_.failovers);
  }
  absl::StatusOr<failover_orchestrator::v1::GetFailoverResponse> GetFailover(
      const std::string& id) override {
    return Answer(site_, site_.failover);
  }
  absl::Status WatchFailovers(
      const Each<failover_orchestrator::v1::WatchFailoversResponse>& each) override {
    return Play(site_, site_.failover_changes, each);
  }
  absl::StatusOr<failover_orchestrator::v1::DrillResponse> Drill(
      const failover_orchestrator::v1::DrillRequest& request) override {
    site_.drill_request = request;
    return Answer(site_, site_.drill);
  }
  void EndWatches() override {}

 private:
  FakeSite& site_;
};

class FakeAgent final : public AgentClient {
 public:
  explicit FakeAgent(FakeSite& site) : site_(site) {}

  absl::StatusOr<station_agent::v1::GetStatusResponse> GetStatus() override {
    return Answer(site_, site_.agent_status);
  }
  absl::StatusOr<station_agent::v1::LeaveResponse> Leave(const std::string& reason) override {
    site_.leave_reason = reason;
    return Answer(site_, station_agent::v1::LeaveResponse());
  }
  absl::StatusOr<station_agent::v1::ListCoroutinesResponse> ListCoroutines(uint32_t) override {
    return Answer(site_, site_.coroutines);
  }

 private:
  FakeSite& site_;
};

class FakeCheckpoints final : public CheckpointClient {
 public:
  explicit FakeCheckpoints(FakeSite& site) : site_(site) {}

  absl::StatusOr<checkpoint_store::v1::EnrolResponse> Enrol(
      const checkpoint_store::v1::EnrolRequest& request) override {
    site_.enrol_request = request;
    return Answer(site_, site_.enrol);
  }
  absl::StatusOr<checkpoint_store::v1::ListResponse> List(
      const checkpoint_store::v1::ListRequest&) override {
    if (site_.devices.empty()) return Answer(site_, checkpoint_store::v1::ListResponse());
    const auto page = site_.devices.front();
    site_.devices.pop_front();
    return Answer(site_, page);
  }
  absl::StatusOr<checkpoint_store::v1::InspectResponse> Inspect(
      const checkpoint_store::v1::InspectRequest&) override {
    return Answer(site_, site_.device);
  }
  absl::StatusOr<checkpoint_store::v1::GenerationsResponse> Generations(
      const checkpoint_store::v1::GenerationsRequest&) override {
    return Answer(site_, site_.generations);
  }
  absl::StatusOr<checkpoint_store::v1::ReadResponse> Read(
      const checkpoint_store::v1::ReadRequest&) override {
    return Answer(site_, site_.checkpoint);
  }
  absl::StatusOr<checkpoint_store::v1::StageResponse> Stage(
      const checkpoint_store::v1::StageRequest& request) override {
    site_.stage_request = request;
    return Answer(site_, site_.stage);
  }
  absl::StatusOr<checkpoint_store::v1::WithdrawResponse> Withdraw(
      const checkpoint_store::v1::WithdrawRequest&) override {
    return Answer(site_, site_.withdraw);
  }
  absl::StatusOr<checkpoint_store::v1::RevokeResponse> Revoke(
      const checkpoint_store::v1::RevokeRequest& request) override {
    site_.revoke_request = request;
    return Answer(site_, checkpoint_store::v1::RevokeResponse());
  }
  absl::Status Watch(const checkpoint_store::v1::WatchRequest&,
                     const Each<checkpoint_store::v1::WatchResponse>& each) override {
    return Play(site_, site_.device_events, each);
  }

 private:
  FakeSite& site_;
};

class FakeReplication final : public ReplicationClient {
 public:
  FakeReplication(FakeSite& site, std::string address)
      : site_(site), address_(std::move(address)) {}

  absl::StatusOr<config_vault::v1::GetPositionResponse> GetPosition() override {
    const auto found = site_.positions.find(address_);
    if (found != site_.positions.end()) return Answer(site_, found->second);
    return MakeError(absl::StatusCode::kUnavailable, "NOT_REACHABLE",
                     "config-vault at " + address_ + " cannot be reached");
  }
  absl::Status Snapshot(const EachPart& each) override {
    site_.called.push_back(address_);
    for (const auto& part : site_.snapshot) UNDERSTUDY_RETURN_IF_ERROR(each(part));
    return site_.failure;
  }
  absl::StatusOr<config_vault::v1::RestoreResult> Restore(const NextPart& next,
                                                          const OnTaken& on_taken) override {
    site_.called.push_back(address_);
    while (true) {
      UNDERSTUDY_ASSIGN_OR_RETURN(auto part, next());
      if (!part.has_value()) return Answer(site_, site_.restore);
      site_.restore_requests.push_back(*std::move(part));
      on_taken(site_.restore_requests.size());
    }
  }
  absl::StatusOr<config_vault::v1::SeedResponse> Seed() override {
    site_.seeded = address_;
    return Answer(site_, site_.seed);
  }

 private:
  FakeSite& site_;
  const std::string address_;
};

class FakeClientFactory final : public ClientFactory {
 public:
  explicit FakeClientFactory(FakeSite& site) : site_(site) {}

  absl::StatusOr<std::unique_ptr<VaultClient>> Vault(
      const ControlNodes& nodes) override {
    NoteCalled(nodes, &ControlNode::vault);
    return std::make_unique<FakeVault>(site_);
  }
  absl::StatusOr<std::unique_ptr<MembershipClient>> Membership(
      const ControlNodes& nodes) override {
    NoteCalled(nodes, &ControlNode::membership);
    return std::make_unique<FakeMembership>(site_);
  }
  absl::StatusOr<std::unique_ptr<OrchestratorClient>> Orchestrator(
      const ControlNodes& nodes) override {
    NoteCalled(nodes, &ControlNode::orchestrator);
    return std::make_unique<FakeOrchestrator>(site_);
  }
  absl::StatusOr<std::unique_ptr<AgentClient>> Agent(const std::string& address) override {
    site_.called.push_back(address);
    return std::make_unique<FakeAgent>(site_);
  }
  absl::StatusOr<std::unique_ptr<CheckpointClient>> Checkpoints(
      const std::string& address) override {
    site_.called.push_back(address);
    return std::make_unique<FakeCheckpoints>(site_);
  }
  absl::StatusOr<std::unique_ptr<ReplicationClient>> Replication(
      const std::string& address) override {
    return std::make_unique<FakeReplication>(site_, address);
  }
  absl::StatusOr<std::string> Health(const std::string& address) override {
    return Answer(site_, site_.health);
  }
  absl::StatusOr<config_vault::v1::WatchRoleResponse> Role(const std::string& address) override {
    if (site_.roles_unsettled > 0) {
      --site_.roles_unsettled;
      config_vault::v1::WatchRoleResponse sentinel;
      sentinel.set_role(config_vault::v1::ROLE_SENTINEL);
      return sentinel;
    }
    const auto role = site_.roles.find(address);
    return Answer(site_, role == site_.roles.end() ? site_.role : role->second);
  }

 private:
  // "a:1", or of several nodes "a:1,b:1".
  void NoteCalled(const ControlNodes& nodes, std::string ControlNode::*service) {
    std::string addresses;
    for (const ControlNode& node : nodes) {
      if ((node.*service).empty()) continue;
      addresses += (addresses.empty() ? "" : ",") + node.*service;
    }
    site_.called.push_back(addresses);
  }

  FakeSite& site_;
};

}  // namespace

std::unique_ptr<ClientFactory> MakeFakeClients(FakeSite& site, const Connection& connection) {
  site.connection = connection;
  return std::make_unique<FakeClientFactory>(site);
}

}  // namespace understudy::cli
