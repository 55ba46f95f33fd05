#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_RESTORE_SESSION_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_RESTORE_SESSION_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/server_session.h"
#include "services/config_vault/restore/staged_backup.h"
#include "understudy/config_vault/v1/replication.pb.h"

namespace understudy::config_vault {

// One call of Replication.Restore: puts the parts down as they come, and has them restored when all
// are there. Of one executor; the stream gives the next message when one was dealt with.
class RestoreSession {
 public:
  using Stream = rpc::ServerSession<v1::RestoreRequest, v1::RestoreResponse>;
  using Restore = std::function<absl::StatusOr<Restored>(BackupRecords& backup, bool replace)>;

  // The parts lie at `path` meanwhile.
  RestoreSession(std::string path, Restore restore)
      : path_(std::move(path)), restore_(std::move(restore)) {}

  // Takes a part and goes on with the stream: asks for the next, or ends it.
  void OnMessage(Stream& stream, const v1::RestoreRequest& message);

 private:
  absl::Status Take(Stream& stream, const v1::RestoreRequest& message);
  absl::Status TakePiece(Stream& stream, const std::string& piece);
  absl::Status Finish(Stream& stream, const v1::SnapshotTrailer& trailer);

  const std::string path_;
  const Restore restore_;
  std::unique_ptr<StagedBackup> staged_;
  bool replace_ = false;
  bool finished_ = false;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_RESTORE_SESSION_H_
