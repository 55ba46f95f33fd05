#ifndef UNDERSTUDY_COMMON_DOCUMENT_COMPRESSION_H_
#define UNDERSTUDY_COMMON_DOCUMENT_COMPRESSION_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace understudy {

// No document is larger, uncompressed: 4 MiB.
inline constexpr size_t kMaxDocumentBytes = size_t{4} << 20;

// Documents travel and rest as one zstd frame that states its content size, so that the receiver
// knows what it is about to unpack before it does. All functions are thread-safe. Each thread keeps
// a context for unpacking, some 160 KB; none for packing, which would save some 10 us of 26 on 19
// KB (document_benchmark) and cost each thread a megabyte.

// RESOURCE_EXHAUSTED DOCUMENT_TOO_LARGE (metadata: limit_bytes) over kMaxDocumentBytes.
absl::StatusOr<std::string> Pack(std::string_view content);

// Never allocates more than kMaxDocumentBytes, whatever `packed` claims.
//   INVALID_ARGUMENT   INVALID_ENCODING: damaged, or not exactly one frame that states its size
//   RESOURCE_EXHAUSTED DOCUMENT_TOO_LARGE (metadata: limit_bytes)
absl::StatusOr<std::string> Unpack(std::string_view packed);

// How many bytes Unpack would give, by what the frame says: at most kMaxDocumentBytes. Fails as
// Unpack does, as far as that shows without unpacking.
absl::StatusOr<size_t> UnpackedSize(std::string_view packed);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_DOCUMENT_COMPRESSION_H_
