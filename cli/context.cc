#include "cli/context.h"

#include "cli/exit_code.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/output/proto_json.h"
#include "common/status/status.h"

namespace understudy::cli {

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
  if (!options_.vault.empty()) site.vault = options_.vault;
  if (!options_.membership.empty()) site.membership = options_.membership;
  if (!options_.orchestrator.empty()) site.orchestrator = options_.orchestrator;
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
  return world_.make_clients({.tls = site.tls, .timeout = options_.timeout});
}

absl::StatusOr<std::unique_ptr<VaultClient>> Context::Vault() {
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, Clients());
  return clients->Vault(site_->vault);
}

absl::StatusOr<std::unique_ptr<MembershipClient>> Context::Membership() {
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, Clients());
  return clients->Membership(site_->membership);
}

absl::StatusOr<std::unique_ptr<OrchestratorClient>> Context::Orchestrator() {
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, Clients());
  return clients->Orchestrator(site_->orchestrator);
}

}  // namespace understudy::cli
