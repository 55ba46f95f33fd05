#include "cli/local_fleet/site_file.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using Json = nlohmann::ordered_json;

// Collects the first thing that is wrong.
class SiteParser {
 public:
  explicit SiteParser(const std::string& file) : file_(file) {}

  void Address(const std::string& member, const Json& value, std::string& address) {
    Text(member, value, address);
    if (status_.ok() && !config::ParseAddress(address).has_value()) {
      Fail(member, "expected host:port, found \"" + address + "\"");
    }
  }
  // One address of a control node; `where` is its place in the list, with a dot.
  void NodeMember(const std::string& where, const std::string& key, const Json& value,
                  ControlNode& node) {
    if (key == "vault") return Address(where + key, value, node.vault);
    if (key == "membership") return Address(where + key, value, node.membership);
    if (key == "orchestrator") return Address(where + key, value, node.orchestrator);
    Fail(where + key, "is not known");
  }
  void ControlNodes(const Json& value, std::vector<ControlNode>& nodes) {
    if (!value.is_array() || value.empty()) {
      return Fail("control_nodes", "expected a list of at least one");
    }
    nodes.clear();
    for (const Json& entry : value) {
      const std::string where = absl::StrCat("control_nodes[", nodes.size(), "]");
      if (!entry.is_object()) return Fail(where, "expected an object");
      ControlNode& node = nodes.emplace_back();
      for (const auto& [key, address] : entry.items()) {
        NodeMember(where + ".", key, address, node);
      }
      if (node.vault.empty() || node.membership.empty() || node.orchestrator.empty()) {
        Fail(where, "needs vault, membership and orchestrator");
      }
    }
  }
  void Agents(const Json& value, std::map<std::string, std::string>& agents) {
    if (!value.is_object()) return Fail("agents", "expected an object");
    for (const auto& [station, address] : value.items()) {
      Address("agents." + station, address, agents[station]);
    }
  }
  void Tls(const Json& value, std::optional<rpc::TlsFiles>& tls) {
    if (!value.is_object()) return Fail("tls", "expected an object");
    tls.emplace();
    for (const auto& [key, path] : value.items()) {
      std::string* const file = key == "certificate"   ? &tls->certificate
                                : key == "private_key" ? &tls->private_key
                                : key == "authorities" ? &tls->authorities
                                                       : nullptr;
      if (file == nullptr) return Fail("tls." + key, "is not known");
      Text("tls." + key, path, *file);
    }
    if (tls->certificate.empty() || tls->private_key.empty() || tls->authorities.empty()) {
      Fail("tls", "needs certificate, private_key and authorities");
    }
  }
  void Fail(const std::string& member, const std::string& problem) {
    if (!status_.ok()) return;
    status_ = MakeError(absl::StatusCode::kInvalidArgument, "INVALID_SITE_FILE",
                        absl::StrCat(file_, ": ", member, ": ", problem));
  }
  const absl::Status& status() const { return status_; }

 private:
  void Text(const std::string& member, const Json& value, std::string& text) {
    if (!value.is_string()) return Fail(member, "expected text");
    text = value.get<std::string>();
  }

  std::string file_;
  absl::Status status_;
};

bool IsService(const std::string& key) {
  return key == "vault" || key == "membership" || key == "orchestrator";
}

Json FormatNode(const ControlNode& node) {
  return {
      {"vault", node.vault}, {"membership", node.membership}, {"orchestrator", node.orchestrator}};
}

void ParseMember(SiteParser& parser, const std::string& key, const Json& value,
                 SiteAddresses& site) {
  if (IsService(key)) return parser.NodeMember("", key, value, site.control_nodes.front());
  if (key == "control_nodes") return parser.ControlNodes(value, site.control_nodes);
  if (key == "checkpoints") return parser.Address(key, value, site.checkpoints);
  if (key == "checkpoints_http") return parser.Address(key, value, site.checkpoints_http);
  if (key == "agents") return parser.Agents(value, site.agents);
  if (key == "tls") return parser.Tls(value, site.tls);
  parser.Fail(key, "is not known");
}

auto TlsFields(const SiteAddresses& site) {
  const rpc::TlsFiles none;
  const rpc::TlsFiles& tls = site.tls.has_value() ? *site.tls : none;
  return std::make_tuple(site.tls.has_value(), tls.certificate, tls.private_key, tls.authorities);
}

}  // namespace

bool operator==(const SiteAddresses& a, const SiteAddresses& b) {
  return a.control_nodes == b.control_nodes && a.checkpoints == b.checkpoints &&
         a.checkpoints_http == b.checkpoints_http && a.agents == b.agents && TlsFields(a) == TlsFields(b);
}

std::string FormatSite(const SiteAddresses& site) {
  Json json = FormatNode(site.control_nodes.front());
  if (site.control_nodes.size() > 1) {
    json = {{"control_nodes", Json::array()}};
    for (const ControlNode& node : site.control_nodes) {
      json["control_nodes"].push_back(FormatNode(node));
    }
  }
  if (!site.checkpoints.empty()) json["checkpoints"] = site.checkpoints;
  if (!site.checkpoints_http.empty()) json["checkpoints_http"] = site.checkpoints_http;
  if (site.tls.has_value()) {
    json["tls"] = {{"certificate", site.tls->certificate},
                   {"private_key", site.tls->private_key},
                   {"authorities", site.tls->authorities}};
  }
  json["agents"] = Json::object();
  for (const auto& [station, address] : site.agents) json["agents"][station] = address;
  return json.dump(2) + "\n";
}

absl::StatusOr<SiteAddresses> ParseSite(std::string_view text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, false);
  SiteParser parser(file);
  SiteAddresses site;
  if (!json.is_object()) {
    parser.Fail("the file", "expected a JSON object");
    return parser.status();
  }
  for (const auto& [key, value] : json.items()) {
    if (IsService(key) && json.contains("control_nodes")) {
      parser.Fail(key, "expected in control_nodes, where there are some");
    }
    ParseMember(parser, key, value, site);
  }
  if (!parser.status().ok()) return parser.status();
  return site;
}

}  // namespace understudy::cli
