// Whatever is parsed is refused with a reason, or is a valid set that reads back the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/capability/capability_set.h"
#include "common/status/status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto set = understudy::ParseCapabilitySet(text);
  if (!set.ok()) {
    if (understudy::ErrorReason(set.status()) != "INVALID_CAPABILITIES") std::abort();
    return 0;
  }
  const auto again = understudy::ParseCapabilitySet(set->ToString());
  if (!again.ok() || *again != *set) std::abort();
  if (!set->Covers(*set) || set->LeftOver(*set) != 0) std::abort();
  return 0;
}
