#include "cli/context.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_split.h"
#include "cli/exit_code.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/output/proto_json.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr char kUsualCheckpoints[] = "127.0.0.1:7104";

// `list`: "host:port,host:port"; empty changes nothing. Nodes for which it names none are not asked
// for that service.
void SetAddresses(const std::string& list, std::string ControlNode::*service,
                  SiteAddresses& site) {
  if (list.empty()) return;
  const std::vector<std::string> addresses = absl::StrSplit(list, ',', absl::SkipWhitespace());
  for (ControlNode& node : site.control_nodes) (node.*service).clear();
  site.control_nodes.resize(std::max(site.control_nodes.size(), addresses.size()));
  for (size_t i = 0; i < addresses.size(); ++i) site.control_nodes[i].*service = addresses[i];
}

}  // namespace

Painter Context::painter() const {
  if (options_.color == ColorMode::kAuto) return Painter(world_.out_takes_color);
  return Painter(options_.color == ColorMode::kAlways);
}

void Context::PrintJson(const google::protobuf::Message& message) {
  world_.out << ProtoJson(message);
}

void Context::PrintJsonLine(const google::protobuf::Message& message) {
  world_.out << ProtoJsonLine(message) << std::flush;
}

absl::StatusOr<SiteAddresses> Context::ReadSite() const {
  const SiteLayout layout(MakeAbsolute(options_.site));
  const absl::StatusOr<std::string> text = ReadFile(layout.SiteFile());
  if (text.ok()) return ParseSite(*text, layout.SiteFile());
  SiteAddresses defaults;
  UNDERSTUDY_RETURN_IF_ERROR(ApplyFlags(defaults));
  if (options_.insecure || defaults.tls.has_value()) return SiteAddresses();
  return MakeError(absl::StatusCode::kFailedPrecondition, "NO_CERTIFICATES",
                   "no site in " + layout.directory() + ", and no certificates were given");
}

absl::Status Context::ApplyFlags(SiteAddresses& site) const {
  SetAddresses(options_.vault, &ControlNode::vault, site);
  SetAddresses(options_.membership, &ControlNode::membership, site);
  SetAddresses(options_.orchestrator, &ControlNode::orchestrator, site);
  if (!options_.checkpoints.empty()) site.checkpoints = options_.checkpoints;
  if (options_.insecure) site.tls.reset();
  const int given = !options_.tls_certificate.empty() + !options_.tls_key.empty() +
                    !options_.tls_authorities.empty();
  if (given == 0) return absl::OkStatus();
  if (given < 3 || options_.insecure) {
    return UsageError(
        "--tls-certificate, --tls-key and --tls-authorities go together, and not with --insecure");
  }
  site.tls = rpc::TlsFiles{.certificate = options_.tls_certificate,
                           .private_key = options_.tls_key,
                           .authorities = options_.tls_authorities};
  return absl::OkStatus();
}

absl::StatusOr<SiteAddresses> Context::Site() {
  if (!site_.has_value()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(SiteAddresses site, ReadSite());
    UNDERSTUDY_RETURN_IF_ERROR(ApplyFlags(site));
    site_ = site;
  }
  return *site_;
}

absl::StatusOr<ClientFactory*> Context::Clients() {
  if (clients_ == nullptr) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const SiteAddresses site, Site());
    clients_ = ClientsFor(site);
  }
  return clients_.get();
}

std::unique_ptr<ClientFactory> Context::ClientsFor(const SiteAddresses& site) {
  return ClientsFor(site, options_.timeout);
}

std::unique_ptr<ClientFactory> Context::ClientsFor(const SiteAddresses& site,
                                                   absl::Duration timeout) {
  return world_.make_clients({.tls = site.tls, .timeout = timeout});
}

absl::StatusOr<std::unique_ptr<VaultClient>> Context::Vault() {
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, Clients());
  return clients->Vault(site_->control_nodes);
}

absl::StatusOr<std::unique_ptr<MembershipClient>> Context::Membership() {
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, Clients());
  return clients->Membership(site_->control_nodes);
}

absl::StatusOr<std::unique_ptr<OrchestratorClient>> Context::Orchestrator() {
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, Clients());
  return clients->Orchestrator(site_->control_nodes);
}

absl::StatusOr<std::unique_ptr<CheckpointClient>> Context::Checkpoints() {
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, Clients());
  return clients->Checkpoints(site_->checkpoints.empty() ? kUsualCheckpoints
                                                         : site_->checkpoints);
}

}  // namespace understudy::cli
