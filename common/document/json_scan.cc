#include "common/document/json_scan.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>

#include "absl/container/flat_hash_set.h"

namespace understudy {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// Up to so many keys each is compared with all others; more are hashed.
constexpr size_t kFewKeys = 12;

bool HasEachKeyOnce(const simdjson::dom::object& object) {
  std::array<std::string_view, kFewKeys> few;
  absl::flat_hash_set<std::string_view> many;
  size_t count = 0;
  for (const auto& [key, value] : object) {
    if (count < kFewKeys) {
      const auto end = few.begin() + static_cast<std::ptrdiff_t>(count);
      if (std::find(few.begin(), end, key) != end) return false;
      few[count] = key;
    } else {
      if (count == kFewKeys) many.insert(few.begin(), few.end());
      if (!many.insert(key).second) return false;
    }
    ++count;
  }
  return true;
}

// As deep as the parser allowed at most.
bool HasKeysOnce(const element& value) {
  if (value.type() == element_type::ARRAY) {
    const simdjson::dom::array array = value.get_array().value_unsafe();
    return std::all_of(array.begin(), array.end(), HasKeysOnce);
  }
  if (value.type() != element_type::OBJECT) return true;
  const simdjson::dom::object object = value.get_object().value_unsafe();
  if (!HasEachKeyOnce(object)) return false;
  for (const auto& [key, inner] : object) {
    if (!HasKeysOnce(inner)) return false;
  }
  return true;
}

bool HasRoom(simdjson::dom::parser& parser, size_t bytes, size_t max_depth) {
  if (parser.capacity() >= bytes && parser.max_depth() == max_depth) return true;
  return parser.allocate(std::bit_ceil(bytes), max_depth) == simdjson::SUCCESS;
}

}  // namespace

bool IsSurelyGoodJson(std::string_view text, size_t max_depth) {
  if (text.empty() || text.size() > kMaxScannedBytes) return false;
  thread_local simdjson::dom::parser parser(kMaxScannedBytes);
  if (!HasRoom(parser, text.size(), max_depth)) return false;
  element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return false;
  return HasKeysOnce(root);
}

}  // namespace understudy
