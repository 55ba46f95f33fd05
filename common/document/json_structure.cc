#include "common/document/json_structure.h"

#include <string_view>

#include "common/status/utf8.h"

namespace understudy {
namespace {

constexpr size_t kMaxPathBytes = 256;

void AppendEscaped(std::string_view part, std::string& path) {
  for (const char c : part) {
    if (c == '~') {
      path += "~0";
    } else if (c == '/') {
      path += "~1";
    } else {
      path += c;
    }
  }
}

}  // namespace

bool JsonStructure::BeginArray() { return Begin(/*is_array=*/true); }

bool JsonStructure::BeginObject() { return Begin(/*is_array=*/false); }

bool JsonStructure::Begin(bool is_array) {
  Scalar();
  if (levels_.size() == max_depth_) return false;
  levels_.emplace_back().is_array = is_array;
  return true;
}

void JsonStructure::End() { levels_.pop_back(); }

bool JsonStructure::Key(const std::string& key) {
  Level& object = levels_.back();
  object.key = key;
  return object.keys.insert(key).second;
}

void JsonStructure::Scalar() {
  if (!levels_.empty() && levels_.back().is_array) ++levels_.back().values;
}

std::string JsonStructure::path() const {
  std::string path;
  for (const Level& level : levels_) {
    if (level.is_array && level.values == 0) break;
    if (!level.is_array && level.keys.empty()) break;
    path += '/';
    AppendEscaped(level.is_array ? std::to_string(level.values - 1) : level.key, path);
    if (path.size() > kMaxPathBytes) break;
  }
  return ToValidUtf8(path, kMaxPathBytes);
}

}  // namespace understudy
