#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DELTA_DELTA_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DELTA_DELTA_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace understudy::checkpoint_store {

// What a delta (services/checkpoint_store/doc/delta_format.md) makes of its base. Trusts nothing in
// `delta`: the result is at most `max_result_bytes`, time and memory are at most in proportion to
// base, delta and result. Pure, thread-safe.
//
// INVALID_ARGUMENT BAD_DELTA (metadata: offset, the place in the delta) when it is malformed, was
// made for another base, or makes another result than it says; the message tells which.
absl::StatusOr<std::string> ApplyDelta(std::string_view base, std::string_view delta,
                                       size_t max_result_bytes);

// The other direction, for gateways and tests: the C encoder's delta. Both at most 4 GiB - 1.
std::string MakeDelta(std::string_view base, std::string_view result);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DELTA_DELTA_H_
