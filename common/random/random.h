#ifndef UNDERSTUDY_COMMON_RANDOM_RANDOM_H_
#define UNDERSTUDY_COMMON_RANDOM_RANDOM_H_

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace understudy {

// Where chance comes from: jitter, tie breaks, simulated faults. Not for secrets. Not thread-safe;
// give each thread (or each simulated node) its own.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  // A seed from the operating system.
  static Random FromEntropy() {
    std::random_device device;
    return Random((uint64_t{device()} << 32) | device());
  }

  uint64_t Next() { return engine_(); }
  // Uniform in [0, bound); 0 when bound is 0. The modulo's bias is below bound / 2^64.
  uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : engine_() % bound; }
  // Uniform in [0, 1).
  double Fraction() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  bool Chance(double probability) { return Fraction() < probability; }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    return low + (high - low) * Fraction();
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_RANDOM_RANDOM_H_
