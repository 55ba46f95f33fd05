#include "common/config/config_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace understudy::config {
namespace {

absl::Status AtLine(int line, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", std::string(what)));
}

// Builds the tree from yaml-cpp's events, so that the limits hold while it reads. Throws yaml-cpp's
// own exception, which ends the reading, at what is refused here.
class TreeBuilder final : public YAML::EventHandler {
 public:
  ConfigNode& top() { return top_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { Enter(mark, Kind::kNull); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw YAML::ParserException(mark, "aliases (*name) are not supported");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    if (ExpectsKey()) return OpenKey(mark, value);
    ConfigNode& node = Enter(mark, Kind::kScalar);
    node.scalar = value;
    node.quoted = tag == "!";
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Open(Enter(mark, Kind::kList), mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Open(Enter(mark, Kind::kMap), mark);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  using Kind = ConfigNode::Kind;
  struct Opened {
    ConfigNode* node;
    // In a map: where the value of the last key goes; null before a key.
    ConfigNode* value = nullptr;
  };

  bool ExpectsKey() const {
    return !open_.empty() && open_.back().node->kind == Kind::kMap && open_.back().value == nullptr;
  }

  void OpenKey(const YAML::Mark& mark, const std::string& key) {
    const auto [place, is_new] = open_.back().node->entries.try_emplace(key);
    if (!is_new) {
      throw YAML::ParserException(
          mark, absl::StrCat("key \"", absl::Utf8SafeCEscape(key), "\" is given twice"));
    }
    // Where the value is absent, its key's line is the nearest.
    place->second.line = mark.line + 1;
    open_.back().value = &place->second;
  }

  // The node that the value at `mark` goes to.
  ConfigNode& Enter(const YAML::Mark& mark, Kind kind) {
    if (ExpectsKey()) throw YAML::ParserException(mark, "a key must be plain text");
    if (++nodes_ > kMaxConfigNodes) {
      throw YAML::ParserException(mark, absl::StrCat("more than ", kMaxConfigNodes, " values"));
    }
    ConfigNode& node = NextPlace();
    node.kind = kind;
    if (kind != Kind::kNull) node.line = mark.line + 1;
    return node;
  }
  ConfigNode& NextPlace() {
    if (open_.empty()) return top_;
    Opened& parent = open_.back();
    if (parent.node->kind == Kind::kList) return parent.node->items.emplace_back();
    return *std::exchange(parent.value, nullptr);
  }

  void Open(ConfigNode& node, const YAML::Mark& mark) {
    if (open_.size() >= kMaxConfigDepth) {
      throw YAML::ParserException(mark, absl::StrCat("nested deeper than ", kMaxConfigDepth));
    }
    open_.push_back({&node});
  }

  ConfigNode top_;
  // From the top to the innermost list or map that is not closed. A list's earlier items may move
  // when one is added, but they are closed by then.
  std::vector<Opened> open_;
  size_t nodes_ = 0;
};

absl::StatusOr<ConfigNode> ReadTop(const std::string& yaml) {
  std::istringstream stream(yaml);
  YAML::Parser parser(stream);
  TreeBuilder builder;
  parser.HandleNextDocument(builder);
  // yaml-cpp's LoadAll does not end where a document takes nothing from the text: never ask for
  // more than a second one.
  TreeBuilder second;
  if (parser.HandleNextDocument(second)) {
    return absl::InvalidArgumentError("expected one document, found another after it");
  }
  ConfigNode top = std::move(builder.top());
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
    return ReadTop(std::string(yaml));
  } catch (const YAML::Exception& problem) {
    return AtLine(problem.mark.line + 1, problem.msg);
  }
}

std::string Describe(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      return "nothing";
    case ConfigNode::Kind::kScalar:
      return absl::StrCat("\"", absl::Utf8SafeCEscape(node.scalar.substr(0, 100)),
                          node.scalar.size() > 100 ? "...\"" : "\"");
    case ConfigNode::Kind::kList:
      return "a list";
    case ConfigNode::Kind::kMap:
      return "a map";
  }
  return "nothing";
}

}  // namespace understudy::config
