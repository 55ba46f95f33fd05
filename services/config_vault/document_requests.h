#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_REQUESTS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_REQUESTS_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/config_vault/command.h"
#include "understudy/config_vault/v1/documents.pb.h"

// Requests of the Documents service become commands, or are refused for their form with the reasons
// that documents.proto names. Thread-safe. CheckPut may take milliseconds for a large document;
// good JSON of 64 KiB takes some 0.1 ms.
namespace understudy::config_vault {

// How many bytes CheckPut has to look at; 0 where it will refuse the request for its encoding.
size_t ContentSize(const v1::PutRequest& request);
// Unpacks, hashes and checks the content, and packs it for the store.
absl::StatusOr<PutDocument> CheckPut(const v1::PutRequest& request, absl::Time time);
absl::StatusOr<RollbackDocument> CheckRollback(const v1::RollbackRequest& request, absl::Time time);
absl::StatusOr<DeleteDocument> CheckDelete(const v1::DeleteRequest& request, absl::Time time);

// The reads of one message: not too many, each with a number of its own.
inline constexpr int kMaxReadsPerMessage = 256;
absl::Status CheckReads(const v1::ReadRequest& request);
absl::Status ReadNumberRepeated(uint64_t number);

// A prefix of names: at most 200 characters that names may have; empty for all.
absl::Status CheckPrefix(const std::string& prefix);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_REQUESTS_H_
