#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_SITE_FILE_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_SITE_FILE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/control_nodes/control_node.h"
#include "common/rpc/tls_files.h"

namespace understudy::cli {

// How to reach a site's services: `site.json`. The local fleet writes it; for another site an
// operator may:
//
//   {"vault": "10.0.0.5:7102", "membership": "10.0.0.5:7101", "orchestrator": "10.0.0.5:7103",
//    "checkpoints": "10.0.0.5:7104", "checkpoints_http": "10.0.0.5:8104",
//    "tls": {"certificate": "me.crt", "private_key": "me.key", "authorities": "site.crt"},
//    "agents": {"gate-1": "127.0.0.1:7105"}}
//
// A site of several control nodes has in place of the first three a list of them:
//
//   "control_nodes": [{"vault": "10.0.0.5:7102", "membership": ..., "orchestrator": ...}, ...]
struct SiteAddresses {
  // At least one.
  std::vector<ControlNode> control_nodes = {{.vault = "127.0.0.1:7102",
                                             .membership = "127.0.0.1:7101",
                                             .orchestrator = "127.0.0.1:7103"}};
  // checkpoint-store, for operators and for devices; empty: the site has none that it tells of.
  std::string checkpoints;
  std::string checkpoints_http;
  // Of stations on this machine.
  std::map<std::string, std::string> agents;
  // Nothing: without TLS.
  std::optional<rpc::TlsFiles> tls;

  friend bool operator==(const SiteAddresses& a, const SiteAddresses& b);
};

std::string FormatSite(const SiteAddresses& site);

// INVALID_ARGUMENT, naming the file and the member at fault. What is absent keeps its default;
// members that are unknown are at fault too.
absl::StatusOr<SiteAddresses> ParseSite(std::string_view text, const std::string& file);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_SITE_FILE_H_
