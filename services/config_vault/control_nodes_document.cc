#include "services/config_vault/control_nodes_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"
#include "common/document/compression.h"
#include "common/document/identifiers.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

using Json = nlohmann::ordered_json;

absl::Status InvalidNode(const std::string& where, std::string_view what) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_NODE",
                   absl::StrCat(where, ": ", std::string(what)));
}

absl::Status CheckAddress(const ControlNode& node, std::string_view name, const std::string& text) {
  if (config::ParseAddress(text).has_value()) return absl::OkStatus();
  return InvalidNode(absl::StrCat("control node \"", node.id, "\""),
                     absl::StrCat(std::string(name), ": expected host:port, found \"", text, "\""));
}

absl::Status CheckApart(const ControlNode& node, const ControlNode& other) {
  const bool shared = node.addresses.vault == other.addresses.vault ||
                      node.addresses.membership == other.addresses.membership ||
                      node.addresses.orchestrator == other.addresses.orchestrator ||
                      node.beats == other.beats;
  if (!shared) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "ADDRESS_TAKEN",
                   absl::StrCat("control node \"", node.id, "\" would share an address with \"",
                                other.id, "\"; each needs addresses of its own"),
                   {{"node", other.id}});
}

// Empty where there is no such text.
std::string Text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? "" : found->get<std::string>();
}

}  // namespace

absl::Status CheckControlNode(const ControlNode& node) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckControlNodeId(node.id));
  UNDERSTUDY_RETURN_IF_ERROR(CheckAddress(node, "vault", node.addresses.vault));
  UNDERSTUDY_RETURN_IF_ERROR(CheckAddress(node, "membership", node.addresses.membership));
  UNDERSTUDY_RETURN_IF_ERROR(CheckAddress(node, "orchestrator", node.addresses.orchestrator));
  return CheckAddress(node, "beats", node.beats);
}

absl::Status AdmitControlNode(const ControlNode& node, std::vector<ControlNode>& nodes) {
  auto place = nodes.end();
  for (auto other = nodes.begin(); other != nodes.end(); ++other) {
    if (other->id == node.id) {
      place = other;
    } else {
      UNDERSTUDY_RETURN_IF_ERROR(CheckApart(node, *other));
    }
  }
  if (place != nodes.end()) {
    *place = node;
    return absl::OkStatus();
  }
  if (nodes.size() >= kMaxControlNodes) {
    return MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_NODES",
                     absl::StrCat("the site has ", nodes.size(), " control nodes already"));
  }
  nodes.push_back(node);
  return absl::OkStatus();
}

absl::Status DismissControlNode(const std::string& id, const std::string& root,
                                std::vector<ControlNode>& nodes) {
  if (id == root) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NODE_IS_ROOT",
                     absl::StrCat("control node ", id, " is root: hand over first"));
  }
  if (std::erase_if(nodes, [&](const ControlNode& node) { return node.id == id; }) == 0) {
    return MakeError(absl::StatusCode::kNotFound, "NODE_NOT_FOUND",
                     absl::StrCat("there is no control node \"", id, "\""), {{"node", id}});
  }
  return absl::OkStatus();
}

std::string EncodeControlNodes(const std::vector<ControlNode>& nodes) {
  Json list = Json::array();
  for (const ControlNode& node : nodes) {
    list.push_back({{"id", node.id},
                    {"vault", node.addresses.vault},
                    {"membership", node.addresses.membership},
                    {"orchestrator", node.addresses.orchestrator},
                    {"beats", node.beats}});
  }
  return Json{{"nodes", std::move(list)}}.dump(2);
}

absl::StatusOr<std::vector<ControlNode>> ParseControlNodes(std::string_view json) {
  const Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const bool has_list = document.is_object() && document.contains("nodes") &&
                        document["nodes"].is_array();
  if (!has_list || document["nodes"].size() > kMaxControlNodes) {
    return InvalidNode(kControlNodesDocument,
                       absl::StrCat("expected an object with a list \"nodes\" of at most ",
                                    kMaxControlNodes));
  }
  std::vector<ControlNode> nodes;
  for (const Json& entry : document["nodes"]) {
    if (!entry.is_object()) return InvalidNode(kControlNodesDocument, "expected objects");
    ControlNode node{.id = Text(entry, "id"),
                     .addresses = {.vault = Text(entry, "vault"),
                                   .membership = Text(entry, "membership"),
                                   .orchestrator = Text(entry, "orchestrator")},
                     .beats = Text(entry, "beats")};
    UNDERSTUDY_RETURN_IF_ERROR(CheckControlNode(node));
    nodes.push_back(std::move(node));
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const auto& one, const auto& other) { return one.id < other.id; });
  const auto twice = std::adjacent_find(
      nodes.begin(), nodes.end(),
      [](const auto& one, const auto& other) { return one.id == other.id; });
  if (twice != nodes.end()) return InvalidNode(twice->id, "it is named twice");
  return nodes;
}

absl::StatusOr<std::optional<StoredControlNodes>> ReadControlNodes(const VaultReader& reader) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<DocumentHead> head,
                              reader.FindHead(kControlNodesDocument));
  if (!head.has_value() || head->latest.deleted) return std::nullopt;
  const Revision revision = head->latest.revision;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<DocumentRevision> found,
                              reader.FindRevision(kControlNodesDocument, revision));
  if (!found.has_value()) return std::nullopt;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string content, Unpack(found->packed));
  UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<ControlNode> nodes, ParseControlNodes(content));
  return StoredControlNodes{.revision = revision, .nodes = std::move(nodes)};
}

absl::StatusOr<PutDocument> MakeControlNodesWrite(const std::vector<ControlNode>& nodes,
                                                  Revision expected, std::string_view author,
                                                  std::string_view comment, absl::Time time) {
  const std::string content = EncodeControlNodes(nodes);
  UNDERSTUDY_ASSIGN_OR_RETURN(std::string packed, Pack(content));
  return PutDocument{.write = {.name = kControlNodesDocument,
                               .expected_revision = expected,
                               .request_id = "",
                               .author = std::string(author),
                               .comment = std::string(comment),
                               .time = time},
                     .packed = std::move(packed),
                     .sha256 = Sha256Of(content),
                     .size = content.size(),
                     .content_type = "application/json",
                     .fence = std::nullopt};
}

}  // namespace understudy::config_vault
