#ifndef UNDERSTUDY_CLI_TESTING_FAKE_CLIENTS_H_
#define UNDERSTUDY_CLI_TESTING_FAKE_CLIENTS_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/clients/clients.h"

namespace understudy::cli {

// What the site's services answer, and what they were asked.
struct FakeSite {
  // OK: the answers below. An error: all calls fail with it.
  absl::Status failure;
  std::string health = "SERVING";
  config_vault::v1::WatchRoleResponse role;
  // Of vaults whose role is another.
  std::map<std::string, config_vault::v1::WatchRoleResponse> roles;
  // So many questions for a role are answered "a sentinel" first: the site is choosing its root.
  int roles_unsettled = 0;

  config_vault::v1::PutRequest put_request;
  config_vault::v1::PutResponse put;
  config_vault::v1::GetRequest get_request;
  config_vault::v1::ListRequest list_request;
  config_vault::v1::GetResponse get;
  // Answers to GetMany; others are not there.
  std::map<std::string, config_vault::v1::GetResponse> documents;
  // One page a call.
  std::deque<config_vault::v1::ListResponse> lists;
  config_vault::v1::HistoryResponse history;
  config_vault::v1::DiffResponse diff;
  config_vault::v1::RollbackRequest rollback_request;
  config_vault::v1::RollbackResponse rollback;
  config_vault::v1::DeleteResponse remove;
  config_vault::v1::WatchRequest watch_request;
  std::vector<config_vault::v1::WatchResponse> changes;

  // Of vaults at these addresses; others cannot be reached.
  std::map<std::string, config_vault::v1::GetPositionResponse> positions;
  std::vector<config_vault::v1::SnapshotResponse> snapshot;
  std::vector<config_vault::v1::RestoreRequest> restore_requests;
  config_vault::v1::RestoreResult restore;
  config_vault::v1::SeedResponse seed;
  // The vault that was told to.
  std::string seeded;

  config_vault::v1::ListNodesResponse nodes;
  config_vault::v1::HandOverRequest hand_over_request;
  config_vault::v1::HandOverResponse hand_over;
  config_vault::v1::AddNodeRequest add_node_request;
  config_vault::v1::RemoveNodeRequest remove_node_request;
  checkpoint_store::v1::EnrolRequest enrol_request;
  checkpoint_store::v1::EnrolResponse enrol;
  std::deque<checkpoint_store::v1::ListResponse> devices;
  checkpoint_store::v1::InspectResponse device;
  checkpoint_store::v1::GenerationsResponse generations;
  checkpoint_store::v1::ReadResponse checkpoint;
  checkpoint_store::v1::StageRequest stage_request;
  checkpoint_store::v1::StageResponse stage;
  checkpoint_store::v1::WithdrawResponse withdraw;
  checkpoint_store::v1::RevokeRequest revoke_request;
  std::vector<checkpoint_store::v1::WatchResponse> device_events;

  membership::v1::ListResponse members;
  membership::v1::GetResponse member;

  failover_orchestrator::v1::GetStatusResponse status;
  failover_orchestrator::v1::ListFailoversResponse failovers;
  failover_orchestrator::v1::GetFailoverResponse failover;
  std::vector<failover_orchestrator::v1::WatchFailoversResponse> failover_changes;
  failover_orchestrator::v1::DrillRequest drill_request;
  failover_orchestrator::v1::DrillResponse drill;

  station_agent::v1::GetStatusResponse agent_status;
  std::string leave_reason;
  station_agent::v1::ListCoroutinesResponse coroutines;

  // The addresses that were called, in order, and how.
  std::vector<std::string> called;
  Connection connection;
};

// Clients of `site`, which must outlive them.
std::unique_ptr<ClientFactory> MakeFakeClients(FakeSite& site, const Connection& connection);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_TESTING_FAKE_CLIENTS_H_
