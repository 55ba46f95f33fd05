#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_PATTERNED_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_PATTERNED_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace understudy::station_agent {

// Documents that say by themselves whether they are whole: every byte follows from the first eight.

inline char PatternByte(uint64_t seed, size_t index) {
  const uint64_t mixed = (seed + index / 8) * 0x9e3779b97f4a7c15u;
  return static_cast<char>(mixed >> (8 * (index % 8)));
}

inline size_t PatternSize(uint64_t seed) {
  // Up to 256 KiB, so that a kill often falls into the copying.
  return 8 + static_cast<size_t>((seed * 0xbf58476d1ce4e5b9u) >> 46);
}

inline std::string MakePatterned(uint64_t seed) {
  std::string document(PatternSize(seed), '\0');
  std::memcpy(document.data(), &seed, sizeof seed);
  for (size_t i = sizeof seed; i < document.size(); ++i) document[i] = PatternByte(seed, i);
  return document;
}

inline bool IsWholePatterned(std::string_view document) {
  uint64_t seed = 0;
  if (document.size() < sizeof seed) return false;
  std::memcpy(&seed, document.data(), sizeof seed);
  return document == MakePatterned(seed);
}

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_TESTING_PATTERNED_H_
