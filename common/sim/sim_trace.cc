#include "common/sim/sim_trace.h"

#include <algorithm>
#include <cstdio>

namespace understudy {

uint64_t StableHash(std::string_view text, uint64_t seed) {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return seed;
}

void SimTrace::Add(std::string_view text) {
  const int64_t micros = absl::ToInt64Microseconds(loop_.now() - beginning_);
  char stamp[40];
  std::snprintf(stamp, sizeof(stamp), "%5lld.%06lld ", static_cast<long long>(micros / 1'000'000),
                static_cast<long long>(micros % 1'000'000));
  lines_.push_back(std::string(stamp) + std::string(text));
  hash_ = StableHash(lines_.back(), hash_);
  if (lines_.size() > kMaxLines) lines_.pop_front();
}

std::string SimTrace::Tail(size_t count) const {
  std::string text;
  for (size_t i = lines_.size() - std::min(count, lines_.size()); i < lines_.size(); ++i) {
    text += lines_[i] + "\n";
  }
  return text;
}

}  // namespace understudy
