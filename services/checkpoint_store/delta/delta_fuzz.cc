// An even first byte: the rest is a delta, applied to a fixed base, with its digests set right so
// that the runs behind them are reached; it is refused with a reason, or makes a result within the
// limit. An odd one: the rest is base and result, which survive encoding and applying.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/document/sha256.h"
#include "common/status/status.h"
#include "services/checkpoint_store/delta/checkpoint_delta.h"
#include "services/checkpoint_store/delta/delta.h"

namespace {

using understudy::checkpoint_store::ApplyDelta;
using understudy::checkpoint_store::MakeDelta;

constexpr size_t kMost = 4'096;

void Apply(std::string delta) {
  const std::string base = "temperature=21.5;count=0041;mode=day";
  if (delta.size() >= 11) {
    delta.replace(3, 8, understudy::Sha256ToBytes(understudy::Sha256Of(base)).substr(0, 8));
  }
  const auto result = ApplyDelta(base, delta, kMost);
  if (result.ok() && result->size() > kMost) std::abort();
  if (!result.ok() && understudy::ErrorReason(result.status()) != "BAD_DELTA") std::abort();
}

void RoundTrip(std::string_view input) {
  const size_t half = input.empty() ? 0 : static_cast<uint8_t>(input[0]) * input.size() / 256;
  const std::string_view base = input.substr(0, half);
  const std::string_view result = input.substr(half);
  const std::string delta = MakeDelta(base, result);
  if (delta.size() > CHECKPOINT_DELTA_MOST(result.size())) std::abort();
  if (ApplyDelta(base, delta, result.size()).value() != result) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    Apply(std::string(rest));
  } else {
    RoundTrip(rest);
  }
  return 0;
}
