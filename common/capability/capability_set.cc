#include "common/capability/capability_set.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "common/status/status.h"

namespace understudy {
namespace {

// Longer than any valid set can be written with reasonable blanks.
constexpr size_t kMaxTextLength = size_t{16} * 1024;

absl::Status Invalid(const std::string& message, std::string_view name = {}) {
  ErrorMetadataMap metadata;
  if (!name.empty()) metadata["name"] = std::string(name);
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_CAPABILITIES", message, metadata);
}

// For messages: enough to recognise it by.
std::string Quote(std::string_view text) { return "\"" + std::string(text.substr(0, 80)) + "\""; }

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

absl::Status CheckName(std::string_view name) {
  if (!name.empty() && name.size() <= CapabilitySet::kMaxNameLength &&
      std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return absl::OkStatus();
  }
  return Invalid("capability name " + Quote(name) + " must be 1 to 64 characters of [a-z0-9._-]",
                 name);
}

absl::Status CheckCount(std::string_view name, uint64_t count) {
  if (count >= 1 && count <= CapabilitySet::kMaxCount) return absl::OkStatus();
  return Invalid("capability " + Quote(name) + " has the count " + std::to_string(count) +
                     "; it must be 1 to " + std::to_string(CapabilitySet::kMaxCount),
                 name);
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<uint32_t> ParseCount(std::string_view digits) {
  uint32_t count = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, count);
  if (error != std::errc() || stop != end) return std::nullopt;
  return count;
}

absl::Status AddEntry(std::string_view entry, CapabilitySet::Counts& counts) {
  const size_t colon = entry.find(':');
  const std::string_view name = Trim(entry.substr(0, colon));
  if (colon == std::string_view::npos) {
    return Invalid("capability entry " + Quote(entry) + " is not \"name: count\"", name);
  }
  const std::optional<uint32_t> count = ParseCount(Trim(entry.substr(colon + 1)));
  if (!count.has_value()) {
    return Invalid("capability entry " + Quote(entry) + " has no whole number as its count", name);
  }
  if (counts.size() > CapabilitySet::kMaxNames) return absl::OkStatus();  // Create says so.
  if (!counts.emplace(name, *count).second) {
    return Invalid("capability " + Quote(name) + " is named twice", name);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CapabilitySet> CapabilitySet::Create(Counts counts) {
  if (counts.size() > kMaxNames) {
    return Invalid("a capability set has at most " + std::to_string(kMaxNames) +
                   " names; this has more");
  }
  for (const auto& [name, count] : counts) {
    UNDERSTUDY_RETURN_IF_ERROR(CheckName(name));
    UNDERSTUDY_RETURN_IF_ERROR(CheckCount(name, count));
  }
  return CapabilitySet(std::move(counts));
}

uint32_t CapabilitySet::CountOf(std::string_view name) const {
  const auto found = counts_.find(std::string(name));
  return found == counts_.end() ? 0 : found->second;
}

bool CapabilitySet::Covers(const CapabilitySet& need) const {
  return std::all_of(need.counts_.begin(), need.counts_.end(),
                     [this](const auto& entry) { return CountOf(entry.first) >= entry.second; });
}

uint64_t CapabilitySet::LeftOver(const CapabilitySet& need) const {
  uint64_t sum = 0;
  for (const auto& [name, count] : counts_) {
    const uint32_t needed = need.CountOf(name);
    if (count > needed) sum += count - needed;
  }
  return sum;
}

CapabilitySet CapabilitySet::Missing(const CapabilitySet& need) const {
  Counts missing;
  for (const auto& [name, needed] : need.counts_) {
    const uint32_t count = CountOf(name);
    if (needed > count) missing.emplace(name, needed - count);
  }
  return CapabilitySet(std::move(missing));
}

std::string CapabilitySet::ToString() const {
  std::string text;
  for (const auto& [name, count] : counts_) {
    if (!text.empty()) text += ", ";
    text += name + ": " + std::to_string(count);
  }
  return text;
}

absl::StatusOr<CapabilitySet> ParseCapabilitySet(std::string_view text) {
  if (text.size() > kMaxTextLength) {
    return Invalid("a capability set is at most " + std::to_string(kMaxTextLength) +
                   " characters long; this is " + std::to_string(text.size()));
  }
  CapabilitySet::Counts counts;
  text = Trim(text);
  while (!text.empty()) {
    const size_t comma = text.find(',');
    UNDERSTUDY_RETURN_IF_ERROR(AddEntry(Trim(text.substr(0, comma)), counts));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (Trim(text).empty()) return Invalid("a capability set must not end with a comma");
  }
  return CapabilitySet::Create(std::move(counts));
}

}  // namespace understudy
