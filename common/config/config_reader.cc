#include "common/config/config_reader.h"

#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/config/address_text.h"
#include "common/config/config_tree.h"
#include "common/config/quantity_text.h"

namespace understudy::config {

// What all readers of one file share.
struct ConfigReader::File {
  std::string name;
  ConfigNode top;
  // In the order of lines, then of discovery.
  std::multimap<int, std::string> problems;
  // Sections that readers were made for, to look for unknown keys at the end.
  std::vector<std::shared_ptr<Place>> sections;
  bool unreadable = false;
};

// One section.
struct ConfigReader::Place {
  // Null: absent in the file.
  const ConfigNode* node = nullptr;
  // "limits.", or empty at the top.
  std::string prefix;
  // Its absence is a problem already noted.
  bool silent = false;
  std::set<std::string, std::less<>> asked;
};

ConfigReader::ConfigReader(std::shared_ptr<File> file, std::shared_ptr<Place> place)
    : file_(std::move(file)), place_(std::move(place)) {}

ConfigReader ConfigReader::FromText(std::string_view yaml, std::string name) {
  auto file = std::make_shared<File>();
  file->name = std::move(name);
  auto place = std::make_shared<Place>();
  absl::StatusOr<ConfigNode> top = ParseConfigTree(yaml);
  if (top.ok()) {
    file->top = *std::move(top);
  } else {
    file->unreadable = true;
    file->problems.emplace(0, absl::StrCat(file->name, ": ", std::string(top.status().message())));
    // What the getters would add is only noise.
    place->silent = true;
  }
  file->top.kind = ConfigNode::Kind::kMap;
  place->node = &file->top;
  file->sections.push_back(place);
  return ConfigReader(std::move(file), std::move(place));
}

void ConfigReader::Override(std::string_view key, std::string_view value, std::string_view origin) {
  ConfigNode* node = &file_->top;
  while (true) {
    const size_t dot = key.find('.');
    node = &node->entries[std::string(key.substr(0, dot))];
    if (dot == std::string_view::npos) break;
    key.remove_prefix(dot + 1);
    if (node->kind != ConfigNode::Kind::kMap) {
      *node = ConfigNode();
      node->kind = ConfigNode::Kind::kMap;
    }
  }
  *node = ConfigNode();
  node->kind = ConfigNode::Kind::kScalar;
  node->origin = origin;
  node->scalar = value;
}

bool ConfigReader::Has(std::string_view key) const {
  if (place_->node == nullptr) return false;
  const auto entry = place_->node->entries.find(std::string(key));
  return entry != place_->node->entries.end() && entry->second.kind != ConfigNode::Kind::kNull;
}

std::string ConfigReader::PathOf(std::string_view key) const {
  return place_->prefix + std::string(key);
}

void ConfigReader::Problem(std::string_view key, std::string_view message) {
  if (place_->silent) return;
  const ConfigNode* node = place_->node;
  if (node != nullptr) {
    const auto entry = node->entries.find(std::string(key));
    if (entry != node->entries.end()) node = &entry->second;
  }
  const int line = node == nullptr ? 0 : node->line;
  std::string where = line > 0 ? absl::StrCat(file_->name, ":", line) : file_->name;
  if (node != nullptr && !node->origin.empty()) where = node->origin;
  // Keys come from the file: what cannot be printed is escaped.
  file_->problems.emplace(line, absl::StrCat(where, ": ", absl::Utf8SafeCEscape(PathOf(key)), ": ",
                                             std::string(message)));
}

bool ConfigReader::has_problems() const { return !file_->problems.empty(); }

const ConfigNode* ConfigReader::Find(std::string_view key, bool required) {
  place_->asked.insert(std::string(key));
  if (Has(key)) return &place_->node->entries.find(std::string(key))->second;
  if (required) Problem(key, "is required, found nothing");
  return nullptr;
}

// `parse` makes an optional<Value> of a node.
template <typename Value, typename Parse>
Value ConfigReader::Read(std::string_view key, std::optional<Value> fallback,
                         std::string_view expected, Parse parse) {
  const ConfigNode* node = Find(key, !fallback.has_value());
  if (node == nullptr) return fallback.value_or(Value{});
  std::optional<Value> value = parse(*node);
  if (value.has_value()) return *std::move(value);
  Problem(key, absl::StrCat("expected ", std::string(expected), ", found ", Describe(*node)));
  return fallback.value_or(Value{});
}

namespace {

std::optional<std::string> TextOf(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::kScalar) return std::nullopt;
  return node.scalar;
}

std::optional<bool> BoolOf(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::kScalar || node.quoted) return std::nullopt;
  if (node.scalar == "true") return true;
  if (node.scalar == "false") return false;
  return std::nullopt;
}

template <typename Value>
std::optional<Value> NumberOf(std::string_view text) {
  Value value{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

std::string FormatDouble(double value) { return absl::StrCat(value); }
std::string FormatInt(int64_t value) { return absl::StrCat(value); }

}  // namespace

// `parse` makes an optional<Value> of text.
template <typename Value, typename Parse, typename Format>
Value ConfigReader::ReadRanged(std::string_view key, std::optional<Value> fallback,
                               Range<Value> range, std::string_view kind, Parse parse,
                               Format format) {
  const std::string expected =
      absl::StrCat(std::string(kind), " from ", format(range.low), " to ", format(range.high));
  return Read<Value>(key, fallback, expected, [&](const ConfigNode& node) -> std::optional<Value> {
    if (node.kind != ConfigNode::Kind::kScalar) return std::nullopt;
    const std::optional<Value> value = parse(node.scalar);
    // Written so that a NaN is out of range.
    if (!value.has_value() || !(*value >= range.low && *value <= range.high)) return std::nullopt;
    return value;
  });
}

std::string ConfigReader::String(std::string_view key) {
  return Read<std::string>(key, std::nullopt, "text", TextOf);
}
std::string ConfigReader::StringOr(std::string_view key, std::string fallback) {
  return Read<std::string>(key, std::move(fallback), "text", TextOf);
}

bool ConfigReader::Bool(std::string_view key) {
  return Read<bool>(key, std::nullopt, "true or false", BoolOf);
}
bool ConfigReader::BoolOr(std::string_view key, bool fallback) {
  return Read<bool>(key, fallback, "true or false", BoolOf);
}

int64_t ConfigReader::Int(std::string_view key, Range<int64_t> range) {
  return ReadRanged<int64_t>(key, std::nullopt, range, "a whole number", NumberOf<int64_t>,
                             FormatInt);
}
int64_t ConfigReader::IntOr(std::string_view key, int64_t fallback, Range<int64_t> range) {
  return ReadRanged<int64_t>(key, fallback, range, "a whole number", NumberOf<int64_t>, FormatInt);
}

double ConfigReader::Double(std::string_view key, Range<double> range) {
  return ReadRanged<double>(key, std::nullopt, range, "a number", NumberOf<double>, FormatDouble);
}
double ConfigReader::DoubleOr(std::string_view key, double fallback, Range<double> range) {
  return ReadRanged<double>(key, fallback, range, "a number", NumberOf<double>, FormatDouble);
}

absl::Duration ConfigReader::Duration(std::string_view key, Range<absl::Duration> range) {
  return ReadRanged<absl::Duration>(key, std::nullopt, range, "a duration (like \"100ms\")",
                                    ParseDuration, config::FormatDuration);
}
absl::Duration ConfigReader::DurationOr(std::string_view key, absl::Duration fallback,
                                        Range<absl::Duration> range) {
  return ReadRanged<absl::Duration>(key, fallback, range, "a duration (like \"100ms\")",
                                    ParseDuration, config::FormatDuration);
}

uint64_t ConfigReader::Size(std::string_view key, Range<uint64_t> range) {
  return ReadRanged<uint64_t>(key, std::nullopt, range, "a size (like \"4MiB\")", ParseSize,
                              FormatSize);
}
uint64_t ConfigReader::SizeOr(std::string_view key, uint64_t fallback, Range<uint64_t> range) {
  return ReadRanged<uint64_t>(key, fallback, range, "a size (like \"4MiB\")", ParseSize,
                              FormatSize);
}

namespace {

auto ChoiceIn(const std::vector<std::string>& choices) {
  return [&choices](const ConfigNode& node) -> std::optional<std::string> {
    if (node.kind != ConfigNode::Kind::kScalar) return std::nullopt;
    for (const std::string& choice : choices) {
      if (choice == node.scalar) return choice;
    }
    return std::nullopt;
  };
}

std::optional<std::string> AddressOf(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::kScalar || !ParseAddress(node.scalar)) return std::nullopt;
  return node.scalar;
}

}  // namespace

std::string ConfigReader::Choice(std::string_view key, const std::vector<std::string>& choices) {
  return Read<std::string>(key, std::nullopt, absl::StrJoin(choices, " or "), ChoiceIn(choices));
}
std::string ConfigReader::ChoiceOr(std::string_view key, std::string fallback,
                                   const std::vector<std::string>& choices) {
  return Read<std::string>(key, std::move(fallback), absl::StrJoin(choices, " or "),
                           ChoiceIn(choices));
}

std::string ConfigReader::Address(std::string_view key) {
  return Read<std::string>(key, std::nullopt, "HOST:PORT", AddressOf);
}
std::string ConfigReader::AddressOr(std::string_view key, std::string fallback) {
  return Read<std::string>(key, std::move(fallback), "HOST:PORT", AddressOf);
}

std::vector<std::string> ConfigReader::Strings(std::string_view key) {
  using Texts = std::vector<std::string>;
  return Read<Texts>(key, Texts{}, "a list of texts",
                     [](const ConfigNode& node) -> std::optional<Texts> {
                       if (node.kind != ConfigNode::Kind::kList) return std::nullopt;
                       Texts texts;
                       for (const ConfigNode& item : node.items) {
                         if (item.kind != ConfigNode::Kind::kScalar) return std::nullopt;
                         texts.push_back(item.scalar);
                       }
                       return texts;
                     });
}

std::map<std::string, std::string> ConfigReader::StringMap(std::string_view key) {
  ConfigReader section = SectionOr(key);
  std::map<std::string, std::string> texts;
  if (section.place_->node == nullptr) return texts;
  for (const auto& [name, node] : section.place_->node->entries) texts[name] = section.String(name);
  return texts;
}

std::map<std::string, uint32_t> ConfigReader::Counts(std::string_view key) {
  ConfigReader section = SectionOr(key);
  std::map<std::string, uint32_t> counts;
  if (section.place_->node == nullptr) return counts;
  for (const auto& [name, node] : section.place_->node->entries) {
    counts[name] = static_cast<uint32_t>(
        section.Int(name, {0, int64_t{std::numeric_limits<uint32_t>::max()}}));
  }
  return counts;
}

ConfigReader ConfigReader::ReadSection(std::string_view key, bool required) {
  auto place = std::make_shared<Place>();
  place->prefix = PathOf(key) + ".";
  place->silent = place_->silent;
  const ConfigNode* node = Find(key, required);
  if (node != nullptr && node->kind == ConfigNode::Kind::kMap) {
    place->node = node;
    file_->sections.push_back(place);
  } else if (node != nullptr) {
    Problem(key, absl::StrCat("expected a section of keys, found ", Describe(*node)));
    place->silent = true;
  } else {
    place->silent = place->silent || required;
  }
  return ConfigReader(file_, std::move(place));
}

ConfigReader ConfigReader::Section(std::string_view key) { return ReadSection(key, true); }
ConfigReader ConfigReader::SectionOr(std::string_view key) { return ReadSection(key, false); }

std::vector<ConfigReader> ConfigReader::Sections(std::string_view key) {
  std::vector<ConfigReader> readers;
  const ConfigNode* node = Find(key, false);
  if (node == nullptr) return readers;
  if (node->kind != ConfigNode::Kind::kList) {
    Problem(key, absl::StrCat("expected a list of sections, found ", Describe(*node)));
    return readers;
  }
  for (size_t index = 0; index < node->items.size(); ++index) {
    const ConfigNode& item = node->items[index];
    if (item.kind != ConfigNode::Kind::kMap) {
      Problem(key, absl::StrCat("expected a section of keys as item ", index + 1, ", found ",
                                Describe(item)));
      continue;
    }
    auto place = std::make_shared<Place>();
    place->node = &item;
    place->prefix = absl::StrCat(PathOf(key), "[", index, "].");
    file_->sections.push_back(place);
    readers.push_back(ConfigReader(file_, std::move(place)));
  }
  return readers;
}

void ConfigReader::IgnoreKeys() {
  if (place_->node == nullptr) return;
  for (const auto& [key, node] : place_->node->entries) place_->asked.insert(key);
}

absl::Status ConfigReader::Finish() {
  for (const auto& section : file_->sections) {
    ConfigReader reader(file_, section);
    for (const auto& [key, node] : section->node->entries) {
      if (section->asked.contains(key)) continue;
      reader.Problem(key, absl::StrCat("is not a key that is known here; known are: ",
                                       absl::StrJoin(section->asked, ", ")));
      section->asked.insert(key);
    }
  }
  if (file_->problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(
      file_->problems, "\n",
      [](std::string* out, const auto& problem) { absl::StrAppend(out, problem.second); }));
}

}  // namespace understudy::config
