#ifndef UNDERSTUDY_CLI_CLIENTS_VAULT_CLIENT_H_
#define UNDERSTUDY_CLI_CLIENTS_VAULT_CLIENT_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/clients/stream_watch.h"
#include "understudy/config_vault/v1/control.pb.h"
#include "understudy/config_vault/v1/documents.pb.h"

namespace understudy::cli {

// config-vault's documents and control nodes. Calls wait for the answer, each with the connection's
// timeout. Thread-safe.
class VaultClient {
 public:
  virtual ~VaultClient() = default;

  virtual absl::StatusOr<config_vault::v1::PutResponse> Put(
      const config_vault::v1::PutRequest& request) = 0;
  virtual absl::StatusOr<config_vault::v1::GetResponse> Get(
      const config_vault::v1::GetRequest& request) = 0;
  // Reads many, several at a time; each answer once, in any order, by its request's index, on this
  // thread. Ends with the first error that `each` returns.
  using EachAnswer =
      std::function<absl::Status(size_t index, absl::StatusOr<config_vault::v1::GetResponse>)>;
  virtual absl::Status GetMany(const std::vector<config_vault::v1::GetRequest>& requests,
                               const EachAnswer& each) = 0;
  virtual absl::StatusOr<config_vault::v1::ListResponse> List(
      const config_vault::v1::ListRequest& request) = 0;
  virtual absl::StatusOr<config_vault::v1::HistoryResponse> History(
      const config_vault::v1::HistoryRequest& request) = 0;
  virtual absl::StatusOr<config_vault::v1::DiffResponse> Diff(
      const config_vault::v1::DiffRequest& request) = 0;
  virtual absl::StatusOr<config_vault::v1::RollbackResponse> Rollback(
      const config_vault::v1::RollbackRequest& request) = 0;
  virtual absl::StatusOr<config_vault::v1::DeleteResponse> Delete(
      const config_vault::v1::DeleteRequest& request) = 0;
  virtual absl::Status Watch(const config_vault::v1::WatchRequest& request,
                             const Each<config_vault::v1::WatchResponse>& each) = 0;
  // The control nodes. All but the list are for the root.
  virtual absl::StatusOr<config_vault::v1::ListNodesResponse> ListNodes() = 0;
  virtual absl::StatusOr<config_vault::v1::HandOverResponse> HandOver(
      const config_vault::v1::HandOverRequest& request) = 0;
  virtual absl::Status AddNode(const config_vault::v1::AddNodeRequest& request) = 0;
  virtual absl::Status RemoveNode(const config_vault::v1::RemoveNodeRequest& request) = 0;
  // Ends the watches that run now and those that begin later, with CANCELLED.
  virtual void EndWatches() = 0;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CLIENTS_VAULT_CLIENT_H_
