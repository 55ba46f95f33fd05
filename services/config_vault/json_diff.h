#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_JSON_DIFF_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_JSON_DIFF_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace understudy::config_vault {

// One place where two JSON documents differ.
struct JsonChange {
  enum class Kind { kAdded = 1, kRemoved = 2, kReplaced = 3 };
  Kind kind = Kind::kReplaced;
  // JSON Pointer (RFC 6901): of `after`, or of `before` for what was removed.
  std::string path = {};
  // JSON text; empty where there is none.
  std::string before = {};
  std::string after = {};

  bool operator==(const JsonChange&) const = default;
};

inline constexpr size_t kMaxJsonChanges = 10'000;
inline constexpr size_t kMaxJsonDiffBytes = 2 << 20;

// Compares two JSON texts; an empty text is "no document". Changes come in the order of the
// documents: within an object first the members that were there before, in their order, then those
// that are new. The order of an object's members is no difference.
//
// Elements of arrays are compared by index, except where every element on both sides is an object
// with an "id" (text or whole number, unique in its array) and those on both sides are in the same
// order: then elements with the same id are compared, so that one camera removed from a list of
// forty is one change. doc/json_diff.md has examples.
//
//   INVALID_ARGUMENT   INVALID_JSON: a text is not JSON
//   RESOURCE_EXHAUSTED DIFF_TOO_LARGE: more than kMaxJsonChanges changes or kMaxJsonDiffBytes of
//                      text (metadata: limit_changes, limit_bytes)
absl::StatusOr<std::vector<JsonChange>> DiffJson(std::string_view before, std::string_view after);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_JSON_DIFF_H_
