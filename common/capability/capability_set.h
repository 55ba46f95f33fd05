#ifndef UNDERSTUDY_COMMON_CAPABILITY_CAPABILITY_SET_H_
#define UNDERSTUDY_COMMON_CAPABILITY_CAPABILITY_SET_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace understudy {

// What a station can do, or what a duty needs: names with counts. A value type; always valid, so
// that nothing past the edge of a service needs to check it again.
class CapabilitySet {
 public:
  using Counts = std::map<std::string, uint32_t>;

  static constexpr size_t kMaxNames = 64;
  static constexpr size_t kMaxNameLength = 64;
  static constexpr uint32_t kMaxCount = 1'000'000;

  // The empty set: a station that can do nothing, or a duty that needs nothing.
  CapabilitySet() = default;

  // INVALID_ARGUMENT INVALID_CAPABILITIES (metadata: name, where one is to blame) when there are
  // more than kMaxNames names, a name is not 1 to 64 characters of [a-z0-9._-], or a count is not 1
  // to 1,000,000.
  static absl::StatusOr<CapabilitySet> Create(Counts counts);

  // By name, in the order of the names.
  const Counts& counts() const { return counts_; }
  bool empty() const { return counts_.empty(); }
  // 0 for a name that it does not have.
  uint32_t CountOf(std::string_view name) const;

  // Whether each count is at least the need's.
  bool Covers(const CapabilitySet& need) const;
  // What this set has beyond the need, summed over all names; a shortfall counts as 0.
  uint64_t LeftOver(const CapabilitySet& need) const;
  // What the need has beyond this set: empty exactly when Covers(need).
  CapabilitySet Missing(const CapabilitySet& need) const;

  // As ParseCapabilitySet reads it: "camera.rtsp: 16, npu.tops: 8".
  std::string ToString() const;

  friend bool operator==(const CapabilitySet&, const CapabilitySet&) = default;

 private:
  explicit CapabilitySet(Counts counts) : counts_(std::move(counts)) {}

  Counts counts_;
};

// Reads "camera.rtsp: 16, npu.tops: 8" (blanks are free; "" is the empty set). A name that comes
// twice is refused. Errors as Create, with the entry in the message.
absl::StatusOr<CapabilitySet> ParseCapabilitySet(std::string_view text);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_CAPABILITY_CAPABILITY_SET_H_
