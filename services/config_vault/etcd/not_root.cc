#include "services/config_vault/etcd/not_root.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::config_vault::etcd {

absl::Status NotRoot(const RoleState& role) {
  ErrorMetadataMap metadata;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) metadata.emplace(name, value);
  };
  if (role.epoch != 0) add("epoch", absl::StrCat(role.epoch));
  add("root", role.root);
  add("vault", role.root_addresses.vault);
  add("membership", role.root_addresses.membership);
  add("orchestrator", role.root_addresses.orchestrator);
  return MakeError(absl::StatusCode::kUnavailable, "NOT_ROOT",
                   role.root.empty() ? "this node is a sentinel, and no root is known"
                                     : absl::StrCat("this node is a sentinel; the root is ",
                                                    role.root, ", at ", role.root_addresses.vault),
                   metadata);
}

}  // namespace understudy::config_vault::etcd
