#include "services/config_vault/control_config.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/document/identifiers.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

constexpr char kDefaultBeatListen[] = "127.0.0.1:7112";
constexpr size_t kMinSecretBytes = 32;
constexpr size_t kMaxSecretBytes = 4096;

void CheckNodeId(config::ConfigReader& reader, std::string_view key, const std::string& id) {
  const absl::Status valid = CheckControlNodeId(id);
  if (!valid.ok()) reader.Problem(key, std::string(valid.message()));
}

NodeAddresses ReadAddresses(config::ConfigReader& reader, bool required) {
  const auto address = [&](std::string_view key) {
    return required ? reader.Address(key) : reader.AddressOr(key, "");
  };
  return {.vault = address("vault"),
          .membership = address("membership"),
          .orchestrator = address("orchestrator")};
}

void ReadPolicy(config::ConfigReader& section, RootClaimPolicy& policy) {
  const RootClaimPolicy defaults;
  policy.beat_interval = section.DurationOr("beat_interval", defaults.beat_interval,
                                            {absl::Milliseconds(10), absl::Seconds(10)});
  policy.missed_beats_limit = static_cast<int>(
      section.IntOr("missed_beats_limit", defaults.missed_beats_limit, {2, 100}));
  policy.stagger = policy.beat_interval / 2;
  policy.first_deadline = std::max(defaults.first_deadline, policy.beat_interval * 10);
  policy.household_grace = section.DurationOr("household_grace", defaults.household_grace,
                                              {absl::Milliseconds(100), absl::Hours(1)});
  policy.resign_after = section.DurationOr("resign_after", defaults.resign_after,
                                           {absl::Milliseconds(200), absl::Hours(1)});
  policy.read_lease = section.BoolOr("read_lease", defaults.read_lease);
  if (policy.resign_after < policy.detection_time() * 2) {
    section.Problem("resign_after",
                    absl::StrCat("expected at least twice beat_interval * missed_beats_limit, ",
                                 "which is ", absl::FormatDuration(policy.detection_time() * 2)));
  }
}

std::vector<ControlNode> ReadNodes(config::ConfigReader& section) {
  std::vector<ControlNode> nodes;
  for (config::ConfigReader& entry : section.Sections("nodes")) {
    ControlNode node;
    node.id = entry.String("id");
    CheckNodeId(entry, "id", node.id);
    node.beats = entry.Address("beats");
    node.addresses = ReadAddresses(entry, true);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

void CheckNodes(config::ConfigReader& section, const ControlConfig& config) {
  std::set<std::string> ids;
  for (const ControlNode& node : config.nodes) {
    if (!ids.insert(node.id).second) {
      section.Problem("nodes", absl::StrCat("control node \"", node.id, "\" is named twice"));
    }
  }
  if (!ids.contains(config.node)) {
    section.Problem("nodes",
                    absl::StrCat("expected this node, \"", config.node, "\", among them"));
  }
}

absl::Status BadSecret(const std::string& path, std::string_view why) {
  return MakeError(absl::StatusCode::kInvalidArgument, "BAD_SECRET",
                   absl::StrCat("control.secret_file ", path, ": ", std::string(why)));
}

}  // namespace

ControlConfig ReadControlConfig(config::ConfigReader& reader, bool several) {
  ControlConfig config;
  config.several = several;
  config::ConfigReader section =
      several ? reader.Section("control") : reader.SectionOr("control");
  config.node = several ? section.String("node") : section.StringOr("node", config.node);
  CheckNodeId(section, "node", config.node);
  config::ConfigReader advertise = section.SectionOr("advertise");
  config.advertise = ReadAddresses(advertise, false);
  config.beat_listen = section.AddressOr("beat_listen", kDefaultBeatListen);
  config.secret_file =
      several ? section.String("secret_file") : section.StringOr("secret_file", "");
  ReadPolicy(section, config.policy);
  config.nodes = ReadNodes(section);
  if (!several) return config;
  CheckNodes(section, config);
  for (const ControlNode& node : config.nodes) {
    if (node.id == config.node && config.advertise == NodeAddresses()) {
      config.advertise = node.addresses;
    }
  }
  return config;
}

absl::StatusOr<std::string> ReadControlSecret(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return BadSecret(path, "it cannot be read");
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return BadSecret(path, "expected that its owner alone may read it (chmod 600)");
  }
  std::ifstream file(path, std::ios::binary);
  std::string secret((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) return BadSecret(path, "it cannot be read");
  while (!secret.empty() && std::string_view(" \t\r\n").find(secret.back()) !=
                                std::string_view::npos) {
    secret.pop_back();
  }
  if (secret.size() < kMinSecretBytes || secret.size() > kMaxSecretBytes) {
    return BadSecret(path, absl::StrCat("expected 32 to 4096 bytes, found ", secret.size()));
  }
  return secret;
}

}  // namespace understudy::config_vault
