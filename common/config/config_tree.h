#ifndef UNDERSTUDY_COMMON_CONFIG_CONFIG_TREE_H_
#define UNDERSTUDY_COMMON_CONFIG_CONFIG_TREE_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace understudy::config {

// One value of a configuration file, read whole: text that is not trusted becomes this tree, of
// bounded size and depth, before anybody looks at it.
struct ConfigNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  // Counted from 1; 0 for values that do not come from the file.
  int line = 0;
  // Instead of the line, for values that come from elsewhere, e.g. "--listen".
  std::string origin;
  std::string scalar;
  // Quoted in the file: "true" in quotes is text.
  bool quoted = false;
  std::vector<ConfigNode> items;
  std::map<std::string, ConfigNode> entries;
};

inline constexpr size_t kMaxConfigBytes = 1 << 20;
inline constexpr size_t kMaxConfigNodes = 100'000;
inline constexpr int kMaxConfigDepth = 32;

// One YAML document whose top is a map (or nothing at all: an empty map). Anything else, a key that
// is given twice, an alias, and what passes the limits above is an error that names the line.
absl::StatusOr<ConfigNode> ParseConfigTree(std::string_view yaml);

// "a map", "a list", "\"text\"" or "nothing".
std::string Describe(const ConfigNode& node);

}  // namespace understudy::config

#endif  // UNDERSTUDY_COMMON_CONFIG_CONFIG_TREE_H_
