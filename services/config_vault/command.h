#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_COMMAND_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "services/config_vault/document.h"
#include "services/config_vault/registry_records.h"

// What can be asked of the vault's state. A command is checked for form before it is made (see
// request_check.h); whether it is accepted is decided by the state machine alone. The time in it is
// the proposer's, so that applying it twice, or elsewhere, gives the same records.
namespace understudy::config_vault {

struct AssignmentFence {
  std::string duty_id = {};
  AssignmentNumber assignment_number = 0;
};

// What all writes of documents have in common.
struct DocumentWrite {
  std::string name = {};
  std::optional<Revision> expected_revision = {};
  std::string request_id = {};
  std::string author = {};
  std::string comment = {};
  absl::Time time = absl::UnixEpoch();
};

struct PutDocument {
  DocumentWrite write = {};
  // One zstd frame of content that has this hash and size.
  std::string packed = {};
  Sha256 sha256{};
  uint64_t size = 0;
  std::string content_type = {};
  std::optional<AssignmentFence> fence = {};
};

struct RollbackDocument {
  DocumentWrite write = {};
  Revision revision = 0;
};

struct DeleteDocument {
  DocumentWrite write = {};
};

struct PutStation {
  Station station = {};
  Epoch epoch = 0;
};

struct RemoveStation {
  std::string station_id = {};
  Epoch epoch = 0;
};

struct CreateDuty {
  Duty duty = {};
  Epoch epoch = 0;
  absl::Time time = absl::UnixEpoch();
};

struct RemoveDuty {
  std::string duty_id = {};
  AssignmentNumber assignment_number = 0;
  Epoch epoch = 0;
};

struct ClaimDuty {
  Assignment assignment = {};
  std::optional<Failover> failover = {};
  Epoch epoch = 0;
  absl::Time time = absl::UnixEpoch();
  // Decided like any other, but not written.
  bool validate_only = false;
};

struct ConfirmDuty {
  std::string duty_id = {};
  AssignmentNumber assignment_number = 0;
  std::optional<Failover> failover = {};
  Epoch epoch = 0;
  absl::Time time = absl::UnixEpoch();
};

struct RecordFailover {
  Failover failover = {};
  Epoch epoch = 0;
};

using Command =
    std::variant<PutDocument, RollbackDocument, DeleteDocument, PutStation, RemoveStation,
                 CreateDuty, RemoveDuty, ClaimDuty, ConfirmDuty, RecordFailover>;

// The answer to a write of a document.
struct DocumentOutcome {
  DocumentInfo info = {};
  bool unchanged = false;

  bool operator==(const DocumentOutcome&) const = default;
};

// The answer to an accepted command.
struct Outcome {
  // Of the record that was written, or that already stood.
  Revision revision = 0;
  std::variant<std::monostate, DocumentOutcome, Duty, Assignment> result = {};
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_COMMAND_H_
