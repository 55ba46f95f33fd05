#ifndef UNDERSTUDY_CLI_CONTEXT_H_
#define UNDERSTUDY_CLI_CONTEXT_H_

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/clients/clients.h"
#include "cli/local_fleet/site_file.h"
#include "cli/output/color.h"

namespace google::protobuf {
class Message;
}

namespace understudy::cli {

// The flags that every verb takes.
struct GlobalOptions {
  std::string site = ".understudy";
  // Empty: as the site file says, or the design's port on this machine. Of a site of several
  // control nodes: one of each, with commas between them.
  std::string vault;
  std::string membership;
  std::string orchestrator;
  std::string checkpoints;
  bool insecure = false;
  std::string tls_certificate;
  std::string tls_key;
  std::string tls_authorities;
  bool json = false;
  ColorMode color = ColorMode::kAuto;
  absl::Duration timeout = absl::Seconds(5);
};

// Where a command reads, writes and calls: the real world, or a test's.
struct World {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // Whether `out` and `err` take colours in ColorMode::kAuto.
  bool out_takes_color = false;
  bool err_takes_color = false;
  // Where the tree lies, with tests/data and .understudy in it; empty: here.
  std::string home = {};
  std::function<std::unique_ptr<ClientFactory>(const Connection&)> make_clients = {};
};

// What a verb works with. Not thread-safe.
class Context {
 public:
  Context(const GlobalOptions& options, World& world) : options_(options), world_(world) {}

  const GlobalOptions& options() const { return options_; }
  bool json() const { return options_.json; }
  std::istream& in() { return world_.in; }
  std::ostream& out() { return world_.out; }
  std::ostream& err() { return world_.err; }
  const std::string& home() const { return world_.home; }
  Painter painter() const;

  // One document of JSON, or one line of a stream of them.
  void PrintJson(const google::protobuf::Message& message);
  void PrintJsonLine(const google::protobuf::Message& message);

  // The addresses that the options and the site file give. FAILED_PRECONDITION NO_CERTIFICATES
  // when neither says how to connect.
  absl::StatusOr<SiteAddresses> Site();
  absl::StatusOr<ClientFactory*> Clients();
  // Clients of another site than the options'.
  std::unique_ptr<ClientFactory> ClientsFor(const SiteAddresses& site);
  std::unique_ptr<ClientFactory> ClientsFor(const SiteAddresses& site, absl::Duration timeout);
  absl::StatusOr<std::unique_ptr<VaultClient>> Vault();
  absl::StatusOr<std::unique_ptr<MembershipClient>> Membership();
  absl::StatusOr<std::unique_ptr<OrchestratorClient>> Orchestrator();
  absl::StatusOr<std::unique_ptr<CheckpointClient>> Checkpoints();

 private:
  absl::StatusOr<SiteAddresses> ReadSite() const;
  absl::Status ApplyFlags(SiteAddresses& site) const;

  const GlobalOptions& options_;
  World& world_;
  std::optional<SiteAddresses> site_;
  std::unique_ptr<ClientFactory> clients_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CONTEXT_H_
