#include "common/config/config_tree.h"

#include <yaml-cpp/yaml.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace understudy::config {
namespace {

absl::Status AtLine(int line, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", std::string(what)));
}

// Copies yaml-cpp's graph (which anchors may make larger than its text, or endless) into a tree.
class Copier {
 public:
  absl::Status Copy(const YAML::Node& from, int depth, ConfigNode& to) {
    to.line = from.Mark().line + 1;
    if (depth > kMaxConfigDepth) {
      return AtLine(to.line, absl::StrCat("nested deeper than ", kMaxConfigDepth));
    }
    if (++nodes_ > kMaxConfigNodes) {
      return AtLine(to.line, absl::StrCat("more than ", kMaxConfigNodes, " values"));
    }
    if (from.IsMap()) return CopyMap(from, depth, to);
    if (from.IsSequence()) return CopyList(from, depth, to);
    if (from.IsScalar()) CopyScalar(from, to);
    return absl::OkStatus();
  }

 private:
  static void CopyScalar(const YAML::Node& from, ConfigNode& to) {
    to.kind = ConfigNode::Kind::kScalar;
    to.scalar = from.Scalar();
    to.quoted = from.Tag() == "!";
  }

  absl::Status CopyList(const YAML::Node& from, int depth, ConfigNode& to) {
    to.kind = ConfigNode::Kind::kList;
    for (const YAML::Node& item : from) {
      const absl::Status status = Copy(item, depth + 1, to.items.emplace_back());
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status CopyMap(const YAML::Node& from, int depth, ConfigNode& to) {
    to.kind = ConfigNode::Kind::kMap;
    for (const auto& entry : from) {
      const int line = entry.first.Mark().line + 1;
      if (!entry.first.IsScalar()) return AtLine(line, "a key must be plain text");
      const auto [place, is_new] = to.entries.try_emplace(entry.first.Scalar());
      if (!is_new) {
        return AtLine(line,
                      absl::StrCat("key \"", absl::CEscape(place->first), "\" is given twice"));
      }
      const absl::Status status = Copy(entry.second, depth + 1, place->second);
      if (!status.ok()) return status;
      // An empty value has no place of its own in the file.
      if (place->second.kind == ConfigNode::Kind::kNull) place->second.line = line;
    }
    return absl::OkStatus();
  }

  size_t nodes_ = 0;
};

absl::StatusOr<ConfigNode> CopyTop(const std::vector<YAML::Node>& documents) {
  ConfigNode top;
  if (documents.size() > 1) return AtLine(documents[1].Mark().line + 1, "a second document");
  if (!documents.empty()) {
    const absl::Status status = Copier().Copy(documents.front(), 0, top);
    if (!status.ok()) return status;
  }
  if (top.kind == ConfigNode::Kind::kNull) top.kind = ConfigNode::Kind::kMap;
  if (top.kind != ConfigNode::Kind::kMap) {
    return AtLine(top.line, absl::StrCat("expected \"key: value\" lines, found ", Describe(top)));
  }
  return top;
}

}  // namespace

absl::StatusOr<ConfigNode> ParseConfigTree(std::string_view yaml) {
  if (yaml.size() > kMaxConfigBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at most ", kMaxConfigBytes, " bytes, found ", yaml.size()));
  }
  try {
    return CopyTop(YAML::LoadAll(std::string(yaml)));
  } catch (const YAML::Exception& problem) {
    return AtLine(problem.mark.line + 1, absl::StrCat("not YAML: ", problem.msg));
  }
}

std::string Describe(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      return "nothing";
    case ConfigNode::Kind::kScalar:
      return absl::StrCat("\"", absl::CEscape(node.scalar.substr(0, 100)),
                          node.scalar.size() > 100 ? "...\"" : "\"");
    case ConfigNode::Kind::kList:
      return "a list";
    case ConfigNode::Kind::kMap:
      return "a map";
  }
  return "nothing";
}

}  // namespace understudy::config
