// Whatever a stranger sends: each request either becomes a command within its limits or is refused
// with a reason, and what became a command is decided without a crash.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "common/status/status.h"
#include "services/config_vault/document_reads.h"
#include "services/config_vault/document_requests.h"
#include "services/config_vault/page_token.h"
#include "services/config_vault/registry_reads.h"
#include "services/config_vault/registry_requests.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault {
namespace {

constexpr absl::Time kNow = absl::UnixEpoch();

void Require(bool condition) {
  if (!condition) std::abort();
}

// A vault with something in it, made anew for each input so that runs are repeatable.
VaultHarness NewVault() {
  VaultHarness vault(std::make_unique<MemoryVaultStore>());
  (void)vault.Apply(MakeDuty("d1", "gate-1", 1));
  PutDocument put = MakePut("a", "{}");
  put.write.request_id = std::string("r1");
  (void)vault.Apply(std::move(put));
  return vault;
}

template <typename CommandType>
void Decide(absl::StatusOr<CommandType> command) {
  if (!command.ok()) return Require(!ErrorReason(command.status()).empty());
  VaultHarness vault = NewVault();
  const auto outcome = vault.Apply(*std::move(command));
  Require(outcome.ok() || !ErrorReason(outcome.status()).empty());
}

template <typename Response>
void Expect(const absl::StatusOr<Response>& response) {
  Require(response.ok() || !ErrorReason(response.status()).empty());
}

template <typename Request>
Request Parse(const std::string& bytes) {
  Request request;
  (void)request.ParseFromString(bytes);
  return request;
}

void Writes(uint8_t kind, const std::string& bytes) {
  switch (kind % 10) {
    case 0:
      return Decide(CheckPut(Parse<v1::PutRequest>(bytes), kNow));
    case 1:
      return Decide(CheckRollback(Parse<v1::RollbackRequest>(bytes), kNow));
    case 2:
      return Decide(CheckDelete(Parse<v1::DeleteRequest>(bytes), kNow));
    case 3:
      return Decide(CheckPutStation(Parse<v1::PutStationRequest>(bytes)));
    case 4:
      return Decide(CheckRemoveStation(Parse<v1::RemoveStationRequest>(bytes)));
    case 5:
      return Decide(CheckCreateDuty(Parse<v1::CreateDutyRequest>(bytes), kNow));
    case 6:
      return Decide(CheckRemoveDuty(Parse<v1::RemoveDutyRequest>(bytes)));
    case 7:
      return Decide(CheckClaimDuty(Parse<v1::ClaimDutyRequest>(bytes), kNow));
    case 8:
      return Decide(CheckConfirmDuty(Parse<v1::ConfirmDutyRequest>(bytes), kNow));
    default:
      return Decide(CheckRecordFailover(Parse<v1::RecordFailoverRequest>(bytes)));
  }
}

void Reads(const std::string& bytes) {
  VaultHarness vault = NewVault();
  const auto reader = vault.Read();
  const auto reads = Parse<v1::ReadRequest>(bytes);
  const absl::Status checked = CheckReads(reads);
  Require(checked.ok() || !ErrorReason(checked).empty());
  if (checked.ok()) {
    for (const auto& read : reads.reads()) Expect(ReadDocument(*reader, read.get()));
  }
  Expect(ListDocuments(*reader, Parse<v1::ListRequest>(bytes)));
  Expect(ReadHistory(*reader, Parse<v1::HistoryRequest>(bytes)));
  Expect(ReadFailovers(*reader, Parse<v1::ListFailoversRequest>(bytes)));
  Expect(ReadFailover(*reader, Parse<v1::GetFailoverRequest>(bytes)));
  (void)ReadPageToken("listing", bytes);
}

}  // namespace
}  // namespace understudy::config_vault

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 11 == 10) {
    understudy::config_vault::Reads(bytes);
  } else {
    understudy::config_vault::Writes(data[0] % 11, bytes);
  }
  return 0;
}
