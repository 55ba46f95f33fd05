#include "services/config_vault/json_diff.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "nlohmann/json.hpp"

namespace understudy::config_vault {
namespace {

// Members in the order of the text. Unlike its base it takes a new member without looking for an
// older one of that name, which would make reading a wide object quadratic; documents were checked
// for repeated names when they were stored.
template <typename Key, typename Value, typename Less, typename Allocator>
struct MembersInOrder : nlohmann::ordered_map<Key, Value, Less, Allocator> {
  using Base = nlohmann::ordered_map<Key, Value, Less, Allocator>;
  using Base::Base;

  Value& operator[](const Key& key) { return this->emplace_back(key, Value()).second; }
};

using Json = nlohmann::basic_json<MembersInOrder>;
using Index = std::map<std::string_view, const Json*>;
// Elements by their id's JSON text: 1 and "1" are two ids.
using Ids = std::vector<std::pair<std::string, const Json*>>;

std::string Text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Child(const std::string& path, std::string_view key) {
  std::string child = path + '/';
  for (const char c : key) {
    if (c == '~') {
      child += "~0";
    } else if (c == '/') {
      child += "~1";
    } else {
      child += c;
    }
  }
  return child;
}

Index IndexMembers(const Json& object) {
  Index index;
  for (const auto& [key, value] : object.items()) index.emplace(key, &value);
  return index;
}

// Nothing unless every element has an id of its own.
std::optional<Ids> IndexIds(const Json& array) {
  Ids ids;
  std::map<std::string, int> seen;
  for (const Json& element : array) {
    if (!element.is_object()) return std::nullopt;
    const auto id = element.find("id");
    if (id == element.end() || !(id->is_string() || id->is_number_integer())) return std::nullopt;
    ids.emplace_back(Text(*id), &element);
    if (++seen[ids.back().first] > 1) return std::nullopt;
  }
  return ids;
}

// Where each id of `ids` stands.
std::map<std::string_view, size_t> Places(const Ids& ids) {
  std::map<std::string_view, size_t> places;
  for (size_t i = 0; i < ids.size(); ++i) places.emplace(ids[i].first, i);
  return places;
}

// Whether the ids that both have come in the same order.
bool SameOrder(const Ids& before, const std::map<std::string_view, size_t>& after_places) {
  size_t last = 0;
  for (const auto& [id, element] : before) {
    const auto place = after_places.find(id);
    if (place == after_places.end()) continue;
    if (place->second < last) return false;
    last = place->second;
  }
  return true;
}

class Differ {
 public:
  void Compare(const std::string& path, const Json& before, const Json& after) {
    if (Full()) return;
    if (before.is_object() && after.is_object()) {
      CompareObjects(path, before, after);
    } else if (before.is_array() && after.is_array()) {
      CompareArrays(path, before, after);
    } else if (before != after || before.type() != after.type()) {
      CompareScalars(path, before, after);
    }
  }

  void Add(JsonChange::Kind kind, std::string path, const Json* before, const Json* after) {
    if (Full()) return;
    JsonChange change{.kind = kind, .path = std::move(path)};
    if (before != nullptr) change.before = Text(*before);
    if (after != nullptr) change.after = Text(*after);
    bytes_ += change.path.size() + change.before.size() + change.after.size();
    changes_.push_back(std::move(change));
  }

  absl::StatusOr<std::vector<JsonChange>> Take() {
    if (!Full()) return std::move(changes_);
    return MakeError(absl::StatusCode::kResourceExhausted, "DIFF_TOO_LARGE",
                     absl::StrCat("the documents differ in more than ", kMaxJsonChanges,
                                  " places or ", kMaxJsonDiffBytes, " bytes"),
                     {{"limit_changes", absl::StrCat(kMaxJsonChanges)},
                      {"limit_bytes", absl::StrCat(kMaxJsonDiffBytes)}});
  }

 private:
  using Kind = JsonChange::Kind;

  bool Full() const { return changes_.size() > kMaxJsonChanges || bytes_ > kMaxJsonDiffBytes; }

  // Numbers that are equal as numbers are no difference: 1 and 1.0.
  void CompareScalars(const std::string& path, const Json& before, const Json& after) {
    if (before.is_number() && after.is_number() && before == after) return;
    Add(Kind::kReplaced, path, &before, &after);
  }

  void CompareObjects(const std::string& path, const Json& before, const Json& after) {
    const Index before_members = IndexMembers(before);
    const Index after_members = IndexMembers(after);
    for (const auto& [key, value] : before.items()) {
      const auto found = after_members.find(key);
      if (found == after_members.end()) {
        Add(Kind::kRemoved, Child(path, key), &value, nullptr);
      } else {
        Compare(Child(path, key), value, *found->second);
      }
    }
    for (const auto& [key, value] : after.items()) {
      if (!before_members.contains(key)) Add(Kind::kAdded, Child(path, key), nullptr, &value);
    }
  }

  void CompareArrays(const std::string& path, const Json& before, const Json& after) {
    const std::optional<Ids> before_ids = IndexIds(before);
    const std::optional<Ids> after_ids = IndexIds(after);
    if (before_ids.has_value() && after_ids.has_value()) {
      const auto after_places = Places(*after_ids);
      if (SameOrder(*before_ids, after_places)) {
        CompareById(path, *before_ids, *after_ids, after_places);
        return;
      }
    }
    CompareByIndex(path, before, after);
  }

  void CompareById(const std::string& path, const Ids& before, const Ids& after,
                   const std::map<std::string_view, size_t>& after_places) {
    for (size_t i = 0; i < before.size(); ++i) {
      const auto place = after_places.find(before[i].first);
      if (place == after_places.end()) {
        Add(Kind::kRemoved, absl::StrCat(path, "/", i), before[i].second, nullptr);
      } else {
        Compare(absl::StrCat(path, "/", place->second), *before[i].second,
                *after[place->second].second);
      }
    }
    const auto before_places = Places(before);
    for (size_t i = 0; i < after.size(); ++i) {
      if (before_places.contains(after[i].first)) continue;
      Add(Kind::kAdded, absl::StrCat(path, "/", i), nullptr, after[i].second);
    }
  }

  void CompareByIndex(const std::string& path, const Json& before, const Json& after) {
    const size_t both = std::min(before.size(), after.size());
    for (size_t i = 0; i < both; ++i) Compare(absl::StrCat(path, "/", i), before[i], after[i]);
    for (size_t i = both; i < before.size(); ++i) {
      Add(Kind::kRemoved, absl::StrCat(path, "/", i), &before[i], nullptr);
    }
    for (size_t i = both; i < after.size(); ++i) {
      Add(Kind::kAdded, absl::StrCat(path, "/", i), nullptr, &after[i]);
    }
  }

  std::vector<JsonChange> changes_;
  size_t bytes_ = 0;
};

absl::StatusOr<Json> Parse(std::string_view text, std::string_view which) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_discarded()) return json;
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_JSON",
                   absl::StrCat("the ", std::string(which), " revision is not JSON"));
}

}  // namespace

absl::StatusOr<std::vector<JsonChange>> DiffJson(std::string_view before, std::string_view after) {
  Json before_json;
  Json after_json;
  if (!before.empty()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(before_json, Parse(before, "older"));
  }
  if (!after.empty()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(after_json, Parse(after, "newer"));
  }
  Differ differ;
  if (before.empty() && !after.empty()) {
    differ.Add(JsonChange::Kind::kAdded, "", nullptr, &after_json);
  } else if (!before.empty() && after.empty()) {
    differ.Add(JsonChange::Kind::kRemoved, "", &before_json, nullptr);
  } else if (!before.empty()) {
    differ.Compare("", before_json, after_json);
  }
  return differ.Take();
}

}  // namespace understudy::config_vault
