#include "common/control_nodes/root_redirect.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"
#include "common/status/status.h"

namespace understudy {
namespace {

constexpr char kEpoch[] = "epoch";
constexpr char kRoot[] = "root";
constexpr char kVault[] = "vault";
constexpr char kMembership[] = "membership";
constexpr char kOrchestrator[] = "orchestrator";

void Add(const char* key, const std::string& value, ErrorMetadataMap& metadata) {
  if (!value.empty()) metadata[key] = value;
}

std::string Text(const char* key, const ErrorMetadataMap& metadata) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string() : found->second;
}

std::string Address(const char* key, const ErrorMetadataMap& metadata) {
  std::string text = Text(key, metadata);
  const auto address = config::ParseAddress(text);
  return address.has_value() && address->port != 0 ? text : std::string();
}

uint64_t Number(const char* key, const ErrorMetadataMap& metadata) {
  uint64_t number = 0;
  return absl::SimpleAtoi(Text(key, metadata), &number) ? number : 0;
}

}  // namespace

absl::Status MakeNotRootError(std::string_view message, const RootRedirect& root) {
  ErrorMetadataMap metadata;
  if (root.epoch != 0) metadata[kEpoch] = absl::StrCat(root.epoch);
  Add(kRoot, root.node_id, metadata);
  Add(kVault, root.addresses.vault, metadata);
  Add(kMembership, root.addresses.membership, metadata);
  Add(kOrchestrator, root.addresses.orchestrator, metadata);
  return MakeError(absl::StatusCode::kUnavailable, kNotRootReason, message, metadata);
}

std::optional<RootRedirect> RedirectOf(const absl::Status& status) {
  if (ErrorReason(status) != kNotRootReason) return std::nullopt;
  const ErrorMetadataMap metadata = ErrorMetadata(status);
  return RootRedirect{.epoch = Number(kEpoch, metadata),
                      .node_id = Text(kRoot, metadata),
                      .addresses = {.vault = Address(kVault, metadata),
                                    .membership = Address(kMembership, metadata),
                                    .orchestrator = Address(kOrchestrator, metadata)}};
}

}  // namespace understudy
