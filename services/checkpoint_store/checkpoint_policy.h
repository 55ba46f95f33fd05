#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_POLICY_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_POLICY_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace understudy::checkpoint_store {

// What an operator may set of the rules; README.md tells what for.
struct CheckpointPolicy {
  // Generations kept of each name, at least 1: the latest among them.
  size_t keep_generations = 3;
  // Dead identifiers that are remembered of each device.
  size_t keep_dead_identifiers = 4;
  // Names per device, the default one included.
  size_t max_names = 8;
  // Of one checkpoint, bytes; also of what a delta makes.
  size_t max_checkpoint_bytes = 1 << 20;
  size_t max_devices = 200'000;
  // The shortest identifier that is accepted, and how many below 128 bits may live at a time.
  size_t min_identifier_bits = 32;
  size_t max_short_identifiers = 1000;
};

// The length from which an identifier is not short.
inline constexpr size_t kFullIdentifierBits = 128;

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_POLICY_H_
