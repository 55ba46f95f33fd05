#ifndef UNDERSTUDY_COMMON_DOCUMENT_JSON_READER_H_
#define UNDERSTUDY_COMMON_DOCUMENT_JSON_READER_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace understudy {

// Whether `content` is one JSON text as document_checker.h wants it, and, where it is not, what is
// wrong with it and where. Reads the content once and builds no document from it. Thread-safe.
//   INVALID_ARGUMENT INVALID_JSON, as there
absl::Status ReadJson(std::string_view content, size_t max_depth);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_DOCUMENT_JSON_READER_H_
