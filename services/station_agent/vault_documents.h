#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_VAULT_DOCUMENTS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_VAULT_DOCUMENTS_H_

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "services/station_agent/staged_documents.h"
#include "services/station_agent/station_types.h"

namespace understudy::station_agent {

// The vault's documents, as a station uses them. Calls return at once; callbacks run once, on any
// thread, and must not block.
class VaultDocuments {
 public:
  virtual ~VaultDocuments() = default;

  // One revision, packed, as the vault sent it: the caller checks it.
  using OnGot = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;
  virtual void Get(const std::string& document, uint64_t revision, OnGot callback) = 0;

  struct Upload {
    PackedDocument document;
    // The number under which this station holds the duty.
    uint64_t assignment_number = 0;
    // The same for every attempt at the same content.
    std::string request_id;
    std::string author;
  };
  // The revision that the content has now. Errors as the vault's Put.
  using OnPut = absl::AnyInvocable<void(absl::StatusOr<uint64_t>)>;
  virtual void Put(const Upload& upload, OnPut callback) = 0;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_VAULT_DOCUMENTS_H_
