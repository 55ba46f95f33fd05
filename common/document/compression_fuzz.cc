// Whatever is unpacked is refused with a reason, or is a document within the limit that packs
// again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/document/compression.h"
#include "common/status/status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view packed(reinterpret_cast<const char*>(data), size);
  const auto content = understudy::Unpack(packed);
  if (!content.ok()) {
    if (understudy::ErrorReason(content.status()).empty()) std::abort();
    return 0;
  }
  if (content->size() > understudy::kMaxDocumentBytes) std::abort();
  // Most mutations unpack to something large; packing those too would make the run long.
  if (content->size() > 4096) return 0;
  const auto again = understudy::Pack(*content);
  if (!again.ok() || understudy::Unpack(*again).value() != *content) std::abort();
  return 0;
}
